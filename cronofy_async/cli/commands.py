"""The commands and their options. What they do is in a module each, loaded when it is used, so that help is quick."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import tzinfo
from typing import Any, BinaryIO, Literal, TypeVar

import click

from .._version import __version__
from ..config import DATA_CENTERS

__all__ = ["cronofy_async"]

C = TypeVar("C", bound=Callable[..., Any])


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)  # click would say "Aborted!", and exit with 1


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Docs and source come with the package. Unofficial, not affiliated with Cronofy.",
)
@click.version_option(__version__, prog_name="cronofy-async")
def cronofy_async() -> None:
    """The async SDK for the Cronofy scheduling API, from the command line.

    Without an account, `demo` shows the SDK at work against a local Cronofy, and `sandbox` runs that Cronofy for
    programs of yours, in any language. `status`, `poll`, `watch` and `verify` look into what goes on; they take
    credentials from the environment only (CRONOFY_CLIENT_SECRET).
    """


def _time_zone(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    from .common import time_zone  # noqa: PLC0415 - loaded when used

    return time_zone(context, parameter, value)


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
    or find their link disabled; signed callbacks are received and verified; and all links are watched until each is
    completed, disabled or expired. At the end each is asked about once more. The exit status is 0 only if every link
    is accounted for.

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
@click.option(
    "--env",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Write CRONOFY_CLIENT_ID, CRONOFY_CLIENT_SECRET, CRONOFY_API_URL and others to a dotenv file while it runs, "
    "for applications that make their own client.",
)
def sandbox(host: str, port: int, seed: int, *, strict: bool, limits: bool, as_json: bool, env: str | None) -> None:
    """Run a local Cronofy until Ctrl-C.

    It prints where it listens, the application's credentials, and an account with its tokens. Everything is in
    memory and gone when it stops.

    With --env FILE, an application needs no other setting: the file is complete once it is there, is removed when
    the sandbox stops, and a file of somebody else's is never overwritten.

    \b
    Examples:
      cronofy-async sandbox --port 8910
      cronofy-async sandbox --json --limits
      cronofy-async sandbox --env .env.sandbox &
      uvicorn --env-file .env.sandbox my_app:app           # or docker run --env-file, or direnv's dotenv
      (set -a; . ./.env.sandbox; python my_app.py)         # in a shell
    """
    from .sandbox import run  # noqa: PLC0415 - loaded when used

    run(host, port, strict=strict, limits=limits, seed=seed, as_json=as_json, env=env)


def _application(command: C) -> C:
    """Say which application it is: the options of commands that make requests."""
    data_center = click.option(
        "--data-center",
        type=click.Choice(DATA_CENTERS),
        help="Where the application is.  [default: CRONOFY_DATA_CENTER, or us]",
    )
    api_url = click.option(
        "--api-url", metavar="URL", help="Another API, such as a sandbox.  [default: CRONOFY_API_URL]"
    )
    return data_center(api_url(command))


def _file_of_links(command: C) -> C:
    """Say which links it is about: the argument and options of commands that read a file of them."""
    file = click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
    format_ = click.option(
        "--format",
        "format_",
        type=click.Choice(["csv", "jsonl", "text"]),
        help="What FILE is.  [default: what its name or its first line says]",
    )
    column = click.option(
        "--column",
        metavar="NAME",
        help="The column, or member, that names the link.  "
        "[default: real_time_scheduling_id, link_id, id, token or url]",
    )
    by = click.option(
        "--by",
        type=click.Choice(["id", "token"]),
        help="What names the link. A link's URL is recognized in any case.  [default: token in a column token or url, "
        "else id]",
    )
    return file(format_(column(by(command))))


_shard = click.option("--shard", metavar="K/N", help="Take every Nth link only, beginning with the Kth, such as 2/4.")
_out = click.option(
    "--out",
    type=click.Path(dir_okay=False),
    metavar="FILE",
    help="Where to write, and go on writing: .csv or .jsonl.  [default: standard output, where it cannot be gone on]",
)
_share = click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.8,
    show_default=True,
    help="The part of the limit of 500 requests a minute that this run may use.",
)
_json_results = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="With --out, print a summary at the end: one JSON object. Without, print JSON lines in place of CSV.",
)


@cronofy_async.command()
@click.argument("links", metavar="LINK...", nargs=-1, required=True)
@click.option(
    "--by",
    type=click.Choice(["id", "token"]),
    default="id",
    show_default=True,
    help="What LINK is. A link's URL is recognized in any case.",
)
@click.option(
    "--tz",
    metavar="ZONE",
    callback=_time_zone,
    help="The zone of the times, such as Europe/London.  [default: yours]",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, times in UTC.")
@click.option(
    "--fail-unless",
    type=click.Choice(["open", "completed", "disabled", "expired"]),
    help="Exit with 1 as well if a link has another status.",
)
@_application
def status(
    links: tuple[str, ...],
    *,
    by: Literal["id", "token"],
    tz: tzinfo | None,
    fail_unless: str | None,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
) -> None:
    """Tell what became of scheduling links.

    LINK is a link's id, its token (with --by token) or its URL; - reads more of them from standard input, one a line.
    The application's secret is taken from CRONOFY_CLIENT_SECRET. Tokens and URLs of links are never printed: whoever
    has one can book.

    It leaves a fifth of the rate limit to others. What other commands have sent in the last minute counts, so that it
    may have to wait.

    \b
    Exit status:
      0  every link was found
      1  some were not, or have another status than --fail-unless says;
         each error is a line on standard error
      2  wrong usage, or no credentials
      130, 143  ended by Ctrl-C (SIGINT) or SIGTERM

    \b
    Examples:
      cronofy-async status sch_64b1859e8090ea21640c915f
      cronofy-async status --by token "$TOKEN" --tz Europe/London
      cronofy-async status --json - < ids.txt | jq -r 'select(.status == "completed").id'
    """
    from .status import run  # noqa: PLC0415 - loaded when used

    sys.exit(
        run(
            links,
            by=by,
            tz=tz,
            data_center=data_center,
            api_url=api_url,
            fail_unless=fail_unless,
            as_json=as_json,
        )
    )


@cronofy_async.command()
@_file_of_links
@_shard
@_out
@_share
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    default=64,
    show_default=True,
    help="How many requests are under way at once.",
)
@_json_results
@_application
def poll(
    file: str,
    *,
    format_: Literal["csv", "jsonl", "text"] | None,
    column: str | None,
    by: Literal["id", "token"] | None,
    shard: str | None,
    out: str | None,
    share: float,
    concurrency: int,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
) -> None:
    """Find out what became of many scheduling links, within the rate limit.

    FILE holds ids, tokens or URLs of links: CSV with a header, JSON lines, or plain text, one a line, where blank
    lines and those that begin with # are left out; - is standard input, which is read to its end first. The
    application's secret is taken from CRONOFY_CLIENT_SECRET.

    Each link gives one line as soon as it is known: the line of FILE that it is from (line), then id, status, start,
    end, event_id and error. With --out, columns of FILE are kept as well; one of such a name becomes input_NAME.
    Tokens and URLs of links are never printed.

    After Ctrl-C, SIGTERM or a crash, the same command goes on: what --out FILE holds is not asked about again, links
    that failed (their error says why) included. To ask about some again, remove their lines from it. Links are counted
    for --shard as they stand in FILE, from 1.

    Runs one after the other keep to the limit together: each counts what the commands before it have sent in the last
    minute. Runs at the same time do not know of each other: give each its own --out, and a --share, so that all
    shares together are at most 1.

    \b
    Exit status:
      0  every link was found
      1  some were not (their error says why), or Cronofy refused to go on
      2  wrong usage, no credentials, or another run is writing to --out FILE
      130, 143  ended by Ctrl-C (SIGINT) or SIGTERM; what was found is written

    \b
    Examples:
      cronofy-async poll links.csv --out states.csv
      cronofy-async poll links.jsonl --column invite --by token --out states.jsonl --json
      cronofy-async poll ids.txt --shard 2/4 --share 0.2 --out states-2.csv
      psql -Atc "select link_id from invitations" | cronofy-async poll - --json | jq .status
    """
    from .poll import run  # noqa: PLC0415 - loaded when used

    sys.exit(
        run(
            file,
            format=format_,
            column=column,
            by=by,
            shard=shard,
            out=out,
            share=share,
            concurrency=concurrency,
            data_center=data_center,
            api_url=api_url,
            as_json=as_json,
        )
    )


@cronofy_async.command()
@_file_of_links
@_shard
@_out
@_share
@click.option(
    "--min-interval",
    type=click.FloatRange(0, min_open=True),
    default=10.0,
    show_default=True,
    help="A link is asked about at most once in so many seconds.",
)
@_json_results
@_application
def watch(
    file: str,
    *,
    format_: Literal["csv", "jsonl", "text"] | None,
    column: str | None,
    by: Literal["id", "token"] | None,
    shard: str | None,
    out: str | None,
    share: float,
    min_interval: float,
    data_center: str | None,
    api_url: str | None,
    as_json: bool,
) -> None:
    """Follow scheduling links until each is completed, expired or disabled.

    FILE is what `poll` takes. If it has columns sent_at or expires_at (times such as 2030-01-07T09:00:00Z), links are
    asked about when an answer is most likely; a link without sent_at is taken to have been sent an hour ago. The
    application's secret is taken from CRONOFY_CLIENT_SECRET.

    On a terminal, a table shows the counts, the last changes and the requests of the last minute, on standard error.

    Each link gives one line as soon as it has ended: the line of FILE that it is from (line), then id, status, start,
    end, event_id and error. With --out, columns of FILE are kept as well, and the table shows the changes. Without,
    standard output gets the lines, and one more for any other change; if it is a terminal, they are for people.
    Tokens and URLs of links are never printed.

    After Ctrl-C, SIGTERM or a crash, the same command goes on: links whose end --out FILE holds are left out. It
    shares the rate limit as `poll` does.

    \b
    Exit status:
      0  every link has come to its end
      1  some are not known to Cronofy (their error says so), or Cronofy refused to go on
      2  wrong usage, no credentials, or another run is writing to --out FILE
      130, 143  ended by Ctrl-C (SIGINT) or SIGTERM; what was seen is written

    \b
    Examples:
      cronofy-async watch links.csv --out ends.csv
      cronofy-async watch links.jsonl --column invite --by token --out ends.jsonl --json
      cronofy-async watch ids.txt --json | jq -r 'select(.status == "completed").id'
    """
    from .watch import run  # noqa: PLC0415 - loaded when used

    sys.exit(
        run(
            file,
            format=format_,
            column=column,
            by=by,
            shard=shard,
            out=out,
            share=share,
            min_interval=min_interval,
            data_center=data_center,
            api_url=api_url,
            as_json=as_json,
        )
    )


@cronofy_async.command()
@click.argument("bodyfile", metavar="BODYFILE", type=click.File("rb"))
@click.option(
    "--signature", metavar="VALUE", required=True, help="The value of the header Cronofy-HMAC-SHA256, or the header."
)
@click.option("--url", metavar="URL", help="The URL that was called: its signed reference is checked and shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, times in UTC.")
def verify(bodyfile: BinaryIO, signature: str, url: str | None, *, as_json: bool) -> None:
    """Verify a captured callback, and print what it says.

    BODYFILE holds the body, byte for byte as it came; - is standard input. The application's secret is taken from
    CRONOFY_CLIENT_SECRET, and secrets that were replaced from CRONOFY_PREVIOUS_SECRETS (separated by commas). Nothing
    is sent.

    \b
    Exit status:
      0  the callback is genuine
      1  it is not, or it is no notification
      2  wrong usage, or no credentials

    \b
    Examples:
      cronofy-async verify body.json --signature "$SIGNATURE"
      cronofy-async verify - --signature "$SIGNATURE" --url "$URL" --json < body.json
    """
    from .verify import run  # noqa: PLC0415 - loaded when used

    sys.exit(run(bodyfile.read(), signature, url, as_json=as_json))
