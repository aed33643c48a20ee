"""``python -m benchmarks [NAME …] [--json]``"""

from __future__ import annotations

import argparse
import json
import platform
import sys
from importlib import import_module

from .report import Benchmark, print_table

NAMES = ("status", "decode", "imports", "limiter", "budget", "scale", "freshness")

ABOUT = """\
Measure the SDK, each figure against a peer in the same run.

  status    CPU of a status call through the whole default chain, against aiohttp by hand and pycronofy
  decode    from bytes to models, against msgspec
  imports   importing the package, against importing aiohttp
  limiter   the rate limit on a virtual clock: does it use what it may, and never more?
  budget    a poll against enforced limits: is any request refused, any left unused? (a minute and a half)
  scale     what each of 1,000, 10,000 and 100,000 links costs a poll, and a watcher (about a minute)
  freshness how long an answer waits until it is seen, by which link is asked about next (about three minutes)
"""

EXAMPLES = """\
Examples:
  python -m benchmarks                  all of them, in a few minutes
  python -m benchmarks status decode    two of them
  python -m benchmarks --quick          does it all still run? Not to be quoted
  python -m benchmarks --json > now.json

A ratio is to the peer in the same table: 1.10 is a tenth more. Ratios are medians of rounds that take turns, so that
they can be compared between machines; the other figures cannot. msgspec and pycronofy must be installed (the
dependency group `bench`).
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=ABOUT,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)}; all without")
    parser.add_argument("--json", action="store_true", help="print one JSON object in place of tables")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs, not to quote")
    options = parser.parse_args()
    unknown = set(options.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
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
