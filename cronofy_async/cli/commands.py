"""The commands and their options. What they do is in a module each, loaded when it is used, so that help is quick."""

from __future__ import annotations

import sys

import click

from .._version import __version__

__all__ = ["cronofy_async"]


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Docs and source come with the package. Unofficial, not affiliated with Cronofy.",
)
@click.version_option(__version__, prog_name="cronofy-async")
def cronofy_async() -> None:
    """The async SDK for the Cronofy scheduling API, from the command line.

    Nothing here needs an account: `demo` shows the SDK at work against a local Cronofy, and `sandbox` runs that
    Cronofy for programs of yours, in any language.
    """


@cronofy_async.command()
@click.option(
    "--links", type=click.IntRange(1, 100_000), default=200, show_default=True, help="How many links to make."
)
@click.option("--faults", is_flag=True, help="Let 5 % of the requests fail: 429s, 503s and broken connections.")
@click.option("--seed", type=int, default=7, show_default=True, help="Other invitees, who decide otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object in place of the table.")
def demo(links: int, seed: int, *, faults: bool, as_json: bool) -> None:
    """Make scheduling links, let people use them, and find out what became of each.

    A local Cronofy is started on a loopback port. Links are created over HTTP; invitees book, decline, are too late
    or find their link disabled; signed callbacks are received and verified; and all links are polled concurrently
    until each is completed, disabled or expired. The exit status is 0 only if every link is accounted for.

    \b
    Examples:
      cronofy-async demo
      cronofy-async demo --links 2000 --faults
      cronofy-async demo --json | jq .by_status
    """
    from .demo import run  # noqa: PLC0415 - loaded when used

    sys.exit(run(links, faults=faults, seed=seed, as_json=as_json))


@cronofy_async.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on. Anybody who can reach it can use it.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="The port; 0 takes a free one."
)
@click.option(
    "--strict", is_flag=True, help="Reject unknown parameters with 422. Otherwise they are accepted, as at Cronofy."
)
@click.option("--limits", is_flag=True, help="Enforce 50 requests a second and 500 a minute.")
@click.option("--seed", type=int, default=0, show_default=True, help="Other ids and tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the first line, for programs.")
def sandbox(host: str, port: int, seed: int, *, strict: bool, limits: bool, as_json: bool) -> None:
    """Run a local Cronofy until Ctrl-C.

    It prints where it listens, the application's credentials, and an account with its tokens. Everything is in
    memory and gone when it stops.

    \b
    Examples:
      cronofy-async sandbox --port 8910
      cronofy-async sandbox --json --limits
    """
    from .sandbox import run  # noqa: PLC0415 - loaded when used

    run(host, port, strict=strict, limits=limits, seed=seed, as_json=as_json)
