"""``python -m benchmarks [NAME …] [--json]``"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib import import_module

from .report import Benchmark, print_table

NAMES = (
    "status",
    "decode",
    "imports",
    "limiter",
    "sandbox",
    "availability",
    "pages",
    "budget",
    "scale",
    "poll",
    "throughput",
    "holds",
    "freshness",
)

ABOUT = """\
Measure the SDK and compare each figure with a peer in the same run.

  status       CPU time of a status call through the default chain, compared with aiohttp and pycronofy
  decode       decoding bytes to models, compared with msgspec
  imports      importing the package, compared with importing aiohttp
  limiter      the rate limiter on a virtual clock: whether it uses the limits fully and never exceeds them
  sandbox      a status of the sandbox over HTTP, compared with a bare aiohttp handler; its contract; a test's fixture
  availability a query in the sandbox, compared with brute force (about a minute)
  pages        the dashboard and the booking page with many records, compared with few
  budget       a poll against enforced limits: refused requests and unused budget (about 90 seconds)
  scale        the cost per link of a poll and a watcher with 1,000 to 100,000 links (about a minute)
  poll         CPU time of an item of a poll, compared with plain workers
  throughput   the rate of a poll and a watcher at 200 ms, compared with the limit; what the limiter costs (2 minutes)
  holds        the longest time that a watcher of 100,000 links holds the event loop (half a minute)
  freshness    the delay until an answer is seen, by the order of requests (about three minutes)
"""

EXAMPLES = """\
Examples:
  python -m benchmarks                  all of them, in a few minutes
  python -m benchmarks status decode    two of them
  python -m benchmarks --quick          check that all of them run; the figures are not meaningful
  python -m benchmarks --json > now.json

A ratio compares with the peer in the same table: 1.10 means 10 % more. Ratios are medians over alternating rounds, so
they can be compared between machines; other figures cannot. Requires msgspec and pycronofy (the dependency group
`bench`); uvloop is optional.
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)} (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    parser.add_argument("--quick", action="store_true", help="run fewer rounds, only to check that everything works")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"unknown benchmark {', '.join(sorted(unknown))}; choose from {', '.join(NAMES)}")
    results: dict[str, list[dict[str, object]]] = {}
    for name in options.names or NAMES:
        benchmark: Benchmark = import_module(f".{name}", __package__)
        print(f"{name}: {benchmark.TITLE} …", file=sys.stderr)
        rows = benchmark.run(quick=options.quick)
        results[name] = [row.as_dict() for row in rows]
        if not options.json:
            print_table(benchmark.TITLE, rows)
    if options.json:
        print(json.dumps({"python": platform.python_version(), "machine": platform.machine(), "results": results}))
    else:
        print(f"Python {platform.python_version()}, {platform.machine()}, {platform.system()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
