"""The commands and their options. Each command is implemented in a module that is imported when it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO, NoReturn, TypeVar

import click

from .._version import __version__
from ..config import DATA_CENTERS

STATUSES = ["open", "completed", "disabled", "expired"]
C = TypeVar("C", bound=Callable[..., Any])


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(130)  # click would print "Aborted!" and exit with 1


def _run(name: str, options: dict[str, Any], function: str = "run") -> NoReturn:
    """Load the module of a command, run it, and exit with its status."""
    sys.exit(getattr(import_module(f".{name}", __package__), function)(**options))


def _options(*options: Callable[[C], C]) -> Callable[[C], C]:
    """Combine options that several commands share."""

    def apply(command: C) -> C:
        for option in reversed(options):
            command = option(command)
        return command

    return apply


_NEW_FILE = click.Path(dir_okay=False)

_application = _options(
    click.option("--data-center", type=click.Choice(DATA_CENTERS), help="[default: CRONOFY_DATA_CENTER, or us]"),
    click.option("--api-url", metavar="URL", help="Use another API, such as a sandbox.  [default: CRONOFY_API_URL]"),
)
_by = click.option(
    "--by", type=click.Choice(["id", "token"]), default="id", help="What identifies a link. URLs are always accepted."
)
_links_file = _options(
    click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True)),
    click.option(
        "--format",
        "format_",
        type=click.Choice(["csv", "jsonl"]),
        help="The format of FILE.  [default: jsonl if its name ends in .jsonl, else csv]",
    ),
    click.option(
        "--column", metavar="NAME", help="The column or member that identifies a link.  [default: the value of --by]"
    ),
    _by,
    click.option(
        "--out",
        type=_NEW_FILE,
        metavar="FILE",
        help="Write to a .csv or .jsonl file, which a later run resumes.  [default: standard output]",
    ),
    click.option(
        "--share", type=click.FloatRange(0, 1, min_open=True), default=0.8, help="The share of the rate limit to use."
    ),
)
_json_results = click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Without --out, print JSON lines instead of CSV. With --out, print a summary as one JSON object at the end.",
)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog="Unofficial: not affiliated with Cronofy.",
)
@click.version_option(__version__, prog_name="cronofy-async")
def cronofy_async() -> None:
    """Work with the Cronofy scheduling API from the command line.

    `demo` and `sandbox` need no account: `demo` demonstrates the SDK with a local Cronofy, and `sandbox` runs a local
    Cronofy for your own programs, in any language. `book` and `trigger` act on a running sandbox.

    `status`, `poll` and `watch` report which scheduling links were booked, and `verify` checks callbacks. They read
    the application's secret from CRONOFY_CLIENT_SECRET.

    \b
    Exit status:
      0         success
      1         a link was not found or has another status than expected, a
                callback is not genuine, or Cronofy rejected the credentials
      2         wrong usage, no credentials, or the --out file is in use
      130, 143  ended by Ctrl-C (SIGINT) or SIGTERM; results so far are kept

    \b
    Completion in bash; for zsh and fish, replace bash:
      eval "$(_CRONOFY_ASYNC_COMPLETE=bash_source cronofy-async)"
    """


@cronofy_async.command(short_help="Demonstrate the SDK with a local Cronofy.")
@click.option("--links", type=click.IntRange(1, 100_000), default=200, help="The number of links to create.")
@click.option("--faults", is_flag=True, help="Make 5% of the requests fail with a 429, a 503 or a lost connection.")
@click.option("--seed", type=int, default=7, help="The seed for what invitees do.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def demo(**options: Any) -> None:
    """Create scheduling links, simulate their invitees, and track every link.

    Starts a local Cronofy on a loopback port and creates the links over HTTP. In two simulated weeks, invitees book a
    time, find no suitable one, or let their link expire, and the application disables some links. Signed callbacks
    are received and verified, and the links are watched until each is completed, disabled or expired. At the end,
    every status is checked once more. The exit status is 0 only if every link is accounted for.

    \b
    Examples:
      cronofy-async demo
      cronofy-async demo --links 2000 --faults
      cronofy-async demo --json | jq .by_status
    """
    _run("demo", options)


@cronofy_async.command()
@click.option(
    "--host", default="127.0.0.1", help="The address to listen on. Anyone who can reach it can use the sandbox."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; 0 picks a free one.")
@click.option("--strict", is_flag=True, help="Reject unknown parameters with 422. Cronofy itself accepts them.")
@click.option("--limits", is_flag=True, help="Enforce 50 requests per second and 500 per minute.")
@click.option(
    "--accounts",
    type=click.IntRange(0, 1000),
    default=1,
    help="The minimum number of accounts; missing ones are added.",
)
@click.option(
    "--seed",
    type=click.Path(dir_okay=False, exists=True),
    metavar="FILE",
    help="Set up the sandbox from a JSON or TOML FILE; see above.",
)
@click.option("--db", type=_NEW_FILE, metavar="FILE", help="Keep the state in FILE, and restore it at the next start.")
@click.option("--id-seed", type=int, default=0, help="The seed for generated IDs and tokens.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the first line, for programs.")
@click.option(
    "--env",
    type=_NEW_FILE,
    metavar="FILE",
    help="While it runs, keep a dotenv FILE with CRONOFY_CLIENT_ID, CRONOFY_CLIENT_SECRET, CRONOFY_API_URL and others, "
    "for applications that create their own client.",
)
@click.option("--assume", metavar="NAME=no", multiple=True, help="Switch off an assumption. Can be repeated.")
@click.option(
    "--list-assumptions", is_flag=True, help="List the assumptions where Cronofy's docs are silent, and exit."
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    help="Also serve the pages and the control API under this public DNS name. Can be repeated.",
)
def sandbox(**options: Any) -> None:
    """Run a local Cronofy until Ctrl-C.

    Prints its URL, the credentials of an application, and an account with its tokens; then, without --json, a line for
    each request and callback. Its dashboard, for a browser, shows them too, and why a callback did not arrive. `trigger`
    and `book` act on it. Without --db, everything is lost when it stops.

    The FILE of --seed is a snapshot, or has a list `actions` of objects, each with the name of an `action` (see
    `trigger`) and its arguments. With --db, it is used only if the FILE of --db does not exist yet.

    With --env FILE, an application needs no other settings. The file is complete as soon as it exists, and is removed
    when the sandbox stops. A file that no sandbox wrote, or whose sandbox is still running, is never overwritten.

    \b
    Examples:
      cronofy-async sandbox --port 8910
      cronofy-async sandbox --env .env.sandbox &
      (set -a; . ./.env.sandbox; python my_app.py)    # in a shell; or docker run --env-file .env.sandbox
      uvicorn --env-file .env.sandbox my_app:app      # needs pip install python-dotenv
      cronofy-async sandbox --assume known_accounts=no --assume conversations_are_bare=no
      cronofy-async sandbox --accounts 3 --seed seed.toml --db sandbox.json
    """
    _run("sandbox", options)


_url = click.option("--url", metavar="URL", help="The URL of the sandbox.  [default: CRONOFY_API_URL]")


@cronofy_async.command(short_help="Book a time of a link in a running sandbox.")
@click.argument("link", metavar="LINK")
@click.option("--start", metavar="TIME", help="The start, such as 2030-01-07T09:00:00Z.  [default: the first slot]")
@click.option("--tzid", metavar="ZONE", help="The invitee's time zone.  [default: the event's time zone]")
@_url
@click.option("--json", "as_json", is_flag=True, help="Print the booking as one JSON object.")
def book(**options: Any) -> None:
    """Book a time of a scheduling link in a running sandbox, as its invitee would.

    LINK is the URL, ID or token of the link. Waits for the response to the callback, and prints it.

    \b
    Examples:
      cronofy-async book http://127.0.0.1:8910/add_to_calendar/scheduling/FjV9VGRBWSr5bXdr
      cronofy-async book sch_64b1859e8090ea21640c915f --start 2030-01-07T09:00:00Z --tzid Europe/Paris
    """
    _run("trigger", options, "book")


def _complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    listing: Any = import_module("..sandbox.control.listing", __package__)
    return list(listing.completions(ctx.params.get("name"), incomplete))


@cronofy_async.command(short_help="Perform an action on a running sandbox.")
@click.argument("name", metavar="NAME", required=False, shell_complete=_complete)
@click.argument("arguments", metavar="[ARGUMENT=VALUE]...", nargs=-1, shell_complete=_complete)
@_url
@click.option("--list", "is_list", is_flag=True, help="List all actions, or the arguments of NAME, and exit.")
def trigger(**options: Any) -> None:
    """Perform an action on a running sandbox, and print its result as JSON.

    NAME is an action of the sandbox, such as `add_busy` or `clock.advance`. A VALUE is text, or JSON for numbers, lists
    and objects; @FILE reads JSON from a file. Accounts are identified by their `sub` or email address; times are
    written as in the API.

    \b
    Examples:
      cronofy-async trigger --list
      cronofy-async trigger bookable_events.add capacity=12
      cronofy-async trigger add_busy account=ada@example.com start=2030-01-07T09:00:00Z end=2030-01-07T10:00:00Z
      cronofy-async trigger clock.advance days=2
      cronofy-async trigger snapshot > state.json
      cronofy-async trigger restore document=@state.json
    """
    _run("trigger", options)


@cronofy_async.command()
@click.argument("links", metavar="LINK...", nargs=-1, required=True)
@_by
@click.option(
    "--tz", metavar="ZONE", help="The time zone to show times in, such as Europe/London.  [default: the local zone]"
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line, with times in UTC.")
@click.option("--fail-unless", type=click.Choice(STATUSES), help="Also exit with 1 if any link has another status.")
@_application
def status(**options: Any) -> None:
    """Print the status of scheduling links.

    LINK is the ID of a link, its token (with --by token) or its URL. With -, links are also read from standard input,
    one per line. Tokens and URLs are never printed: anyone who has one can book.

    The command uses at most 80% of the rate limit, and leaves the rest to your application.

    \b
    Examples:
      cronofy-async status sch_64b1859e8090ea21640c915f
      cronofy-async status --by token "$TOKEN" --tz Europe/London
      cronofy-async status --json - < ids.txt | jq -r 'select(.status == "completed").id'
    """
    _run("status", options)


@cronofy_async.command()
@_links_file
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1000),
    help="The maximum number of requests in flight. By default, it follows from the rate limit and the latency.",
)
@_json_results
@_application
def poll(**options: Any) -> None:
    """Get the status of many scheduling links, within the rate limit.

    FILE is CSV with a header, or JSON lines; - is standard input. Its column `id` holds the IDs of the links; with
    --by token, its column `token` holds their tokens. To use a plain list of IDs, add a first line that says id.

    The result of each link is written as soon as it is known: line (the line in FILE), id, status, start, end,
    event_id and error. With --out, the columns of FILE are kept too; a column whose name is one of these is renamed
    to input_NAME. Tokens and URLs are never printed. A terminal shows a live table, and readable lines instead of CSV.

    To resume after Ctrl-C, SIGTERM or a crash, run the same command again: links that have a result in --out FILE are
    skipped, including failed ones. To request the status of a link again, delete its result.

    Each run limits only its own requests. If several run at the same time, give each its own --out, and a --share so
    that all shares add up to at most 1.

    \b
    Examples:
      cronofy-async poll links.csv --out states.csv
      cronofy-async poll links.jsonl --by token --column invite --out states.jsonl
      psql --csv -c "select id from links" | cronofy-async poll - --json | jq .status
    """
    _run("poll", options)


@cronofy_async.command(short_help="Watch links until each is completed, disabled or expired.")
@_links_file
@click.option(
    "--min-interval", type=click.FloatRange(0, min_open=True), default=10.0, help="Seconds between checks of a link."
)
@_json_results
@_application
def watch(**options: Any) -> None:
    """Watch scheduling links until each is completed, disabled or expired.

    FILE is read as by `poll`. If it has columns sent_at or expires_at (times such as 2030-01-07T09:00:00Z), each link
    is checked when an answer is most likely. Without sent_at, a link counts as sent an hour ago.

    Results, --out, resuming and --share work as they do with `poll`. A result is written as soon as a link is
    completed, disabled or expired. Without --out, other changes of status are written too.

    \b
    Examples:
      cronofy-async watch links.csv --out ends.csv
      cronofy-async watch links.csv --json | jq -r 'select(.status == "completed").id'
    """
    _run("watch", options)


@cronofy_async.command()
@click.argument("bodyfile", metavar="BODYFILE", type=click.File("rb"))
@click.option("--signature", metavar="VALUE", required=True, help="The header Cronofy-HMAC-SHA256, or only its value.")
@click.option("--url", metavar="URL", help="The URL that was called. Its signed reference is verified and shown.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with times in UTC.")
def verify(bodyfile: BinaryIO, **options: Any) -> None:
    """Verify a captured callback and print its content.

    BODYFILE holds the unchanged request body; - is standard input. The application's secret is read from
    CRONOFY_CLIENT_SECRET, and rotated secrets from CRONOFY_PREVIOUS_SECRETS (separated by commas). No request is sent.

    \b
    Examples:
      cronofy-async verify body.json --signature "$SIGNATURE"
      cronofy-async verify - --signature "$SIGNATURE" --url "$URL" --json < body.json
    """
    _run("verify", options | {"body": bodyfile.read()})


@cronofy_async.command()
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def endpoints(**options: Any) -> None:
    """List the endpoints of the API, and how each is called.

    With WORDs, list only the endpoints that have all of them in their path, call, credential, stability, description,
    or keywords.

    \b
    Examples:
      cronofy-async endpoints availability
      cronofy-async endpoints account. delete
      cronofy-async endpoints working hours
      cronofy-async endpoints --json | jq -r 'select(.stability == "alpha").call'
    """
    _run("endpoints", options)


@cronofy_async.command(short_help="Compare the sandbox's assumptions with a real account.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@_application
def conform(**options: Any) -> None:
    """Compare the sandbox's assumptions about Cronofy with a real account.

    Prints whether each assumption of docs/fidelity.md is confirmed, refuted or not testable, and whether each response
    that can be read is as documented. Nothing is written, and the report contains nothing from the account. The exit
    status is 1 if an assumption is refuted or a response is different.

    Reads CRONOFY_CLIENT_ID and CRONOFY_CLIENT_SECRET, and CRONOFY_ACCESS_TOKEN, the access token of an account that
    may be read. Without the access token, most assumptions are not testable. Sends about 30 requests.

    \b
    Examples:
      cronofy-async conform
      cronofy-async conform --json | jq -r 'select(.verdict == "refuted").name'
    """
    _run("conform", options)
