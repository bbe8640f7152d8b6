"""Beginning and looking after: `init`, `doctor`, `stats`, `backup`, `restore`, `prune`, `schema`."""

from __future__ import annotations

import gzip
import sys
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from syndicate.cli.answers import warn_of_state
from syndicate.cli.root import DONE, NEEDS_A_PERSON, command, globals_of
from syndicate.cli.show import plural, print_json, tell
from syndicate.cli.terminal import read_time
from syndicate.errors import UsageError
from syndicate.model import Finding, Problem, gather_problems

if TYPE_CHECKING:
    from syndicate.app.init import Begun

WIDEST = 34
"""Columns for guessed values beside their sources."""
_LEFT_OUT = 3
_ASKED = dict.fromkeys(("url", "permalink"), "please answer it: nothing is published before")
FIRST_PUBLICATION = "The first `publish` announces no post that is public by then; posts that come after it go out."


AskGenerator = Annotated[
    bool, typer.Option("--ask-generator", help="Run your generator's own list of addresses (hugo list all).")
]


@command()
def init(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of the blog; an empty one gets a sample site.")
    ] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the proposal, write nothing.")] = False,
    ask_generator: AskGenerator = False,
) -> int:
    """Write syndicate.toml for your blog, or a sample site.

    In the folder of a blog it reads what is there, writes syndicate.toml, and says what it guessed from what. In an
    empty folder it writes a sample site.
    """
    from syndicate.app.init import begin

    given = globals_of(context)
    begun = begin(folder, dry_run=dry_run, ask_generator=ask_generator)
    if given.json:
        print_json(begun)
    elif given.verbosity >= 0 or dry_run:
        _show_begun(begun, folder, dry_run=dry_run)
    return DONE


def _show_begun(begun: Begun, folder: Path, *, dry_run: bool) -> None:
    """What was guessed and written, and what comes next."""
    if begun.guess:
        _show_guess(begun)
    if dry_run:
        print(f"Would write into {folder}/:\n  " + "\n  ".join(begun.files) + f"\n\n{begun.config}".rstrip())
    elif begun.guess:
        tell("Wrote syndicate.toml and nothing else. Correct what is wrong in it.")
        if begun.guess.advice:
            tell(begun.guess.advice)
        elif not begun.guess.publish_to and begun.guess.rules != "jekyll":
            tell("Let your site serve the folder feeds/ at /feeds/: its generator has to copy it with each build.")
        print(_next_steps(folder))
    else:
        posts = sum(path.startswith("content/") for path in begun.files)
        tell(f"Wrote a sample site with {posts} posts into {'this folder' if folder == Path() else f'{folder}/'}.")
        print(_next_steps(folder))


def _show_guess(begun: Begun) -> None:
    guess = begun.guess
    assert guess
    place = "this folder" if guess.content == "." else f"{guess.content}/"
    print(f"This looks like {guess.generator}: {plural(guess.posts, 'post')} in {place}.\n")
    rows = [(clue.key, clue.value, f"from {clue.source}") for clue in guess.clues if clue.key not in guess.missing]
    unfit = {clue.key: clue for clue in guess.clues if clue.key in guess.missing}
    for name in guess.missing:
        said = f"{unfit[name].source} says so, which cannot be it; " if name in unfit else ""
        value = unfit[name].value if name in unfit else "not found"
        rows.append((name, value, said + _ASKED.get(name, "please fill it in")))
    key_width, value_width = (max(len(row[column]) for row in rows) for column in (0, 1))
    width = min(value_width, WIDEST)
    for key, value, source in rows:
        shown = f"  {key:<{key_width}}  {textwrap.shorten(value, 60, placeholder=' …'):<{width}}"
        if len(value) > width:  # its source stands below, so that the others keep their column
            print(shown)
            shown = " " * len(f"  {key:<{key_width}}  {'':<{width}}")
        tell(f"{shown}  {source}", indent=key_width + width + 6)
    fit = begun.fit
    if fit:
        tell(f"  {'✓' if fit.fits == fit.of else '!'} {fit.fits:,} of {fit.of:,} addresses as {fit.where} has them.")
    for note in guess.notes:
        tell(f"  ! {note}")
    for line in begun.left_out[:_LEFT_OUT]:
        tell(f"  ! left out: {line}")
    if len(begun.left_out) > _LEFT_OUT:
        tell(f"  ! … and {len(begun.left_out) - _LEFT_OUT:,} more, which `syndicate doctor` names.")
    print()


def _next_steps(folder: Path) -> str:
    go = f"\n  cd {folder}" if folder.resolve() != Path.cwd() else ""
    return (
        f"\n{FIRST_PUBLICATION}\n\nNext:{go}\n  syndicate doctor     what is wrong, and what was mended while reading"
        "\n  syndicate publish    write the feeds and cards; sends nothing"
        "\n  syndicate plan       what would go out, and when"
    )


@command()
def doctor(
    context: typer.Context,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the networks, fetch the published feeds and the newest pages.")
    ] = False,
    ask_generator: AskGenerator = False,
) -> int:
    """Say what is wrong, and what was mended while reading.

    Marks: ✗ needs you, ! worth a look, ~ mended while reading (your files stay as they are), ✓ in order.
    """
    from syndicate.app.doctor import examine

    given = globals_of(context)
    with given.open_app() as app, app.using() as site:
        findings = examine(site, app.make_plan(), online=online, ask_generator=ask_generator)
    if given.json:
        print_json(findings)
    else:
        _show_findings(findings, given.verbosity)
    return NEEDS_A_PERSON if any(finding.level == "problem" for finding in findings) else DONE


def _show_findings(findings: Sequence[Finding], verbosity: int) -> None:
    """What is worst comes last: that is where eyes are when a long list has gone by."""
    marks = {"problem": "✗", "warning": "!", "repair": "~", "ok": "✓"}
    hidden = {"ok", "repair"} if verbosity < 0 else set()
    for finding in sorted(_gather(findings, verbosity), key=lambda one: -list(marks).index(one.level)):
        where = f" {finding.where}:" if finding.where else ""
        if finding.level not in hidden:
            tell(f"{marks[finding.level]}{where} {finding.text}")
    levels = [finding.level for finding in findings]
    print(", ".join(plural(levels.count(one), one) for one in ("problem", "warning", "repair")), file=sys.stderr)


def _gather(findings: Sequence[Finding], verbosity: int) -> Sequence[Finding]:
    """Many of a kind as one line; each of them with -v."""
    if verbosity > 0:
        return findings
    levels = dict.fromkeys(finding.level for finding in findings)
    return [
        Finding(level, one.message, one.place)
        for level in levels
        for one in gather_problems(_to_problem(each) for each in findings if each.level == level)
    ]


def _to_problem(finding: Finding) -> Problem:
    """With file and line apart, so that four lines of one file are not four files; an account is told by itself."""
    if finding.where.startswith("account "):
        return Problem(finding.where, finding.text, 0, finding.where)
    source, _, line = finding.where.rpartition(":")
    return Problem(source, finding.text, int(line)) if line.isdecimal() else Problem(finding.where, finding.text)


@command()
def schema() -> int:
    """Print the JSON Schema of syndicate.toml, for your editor."""
    from syndicate.app.accounts import make_schema

    print_json(make_schema())
    return DONE


# --- who reads the feeds: `stats` ---

LONGEST_LINE = 100_000


@command()
def stats(
    context: typer.Context,
    access_log: Annotated[
        Path,
        typer.Argument(
            metavar="ACCESS_LOG", help='Log of the web server ("combined" format); .gz works, - is standard input.'
        ),
    ],
) -> int:
    """Count subscribers from an access log, and judge each reader."""
    from syndicate.stats import count_readers, render_stats

    with _open_log(access_log) as lines:
        found = count_readers(lines)
    if globals_of(context).json:
        print_json(found)
    else:
        print(render_stats(found))
    return DONE


@contextmanager
def _open_log(path: Path) -> Iterator[Iterator[str]]:
    """Its lines: ".gz" is unpacked, "-" is standard input. A line without end comes in parts: no requests."""
    if str(path) == "-":
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")
        yield iter(lambda: sys.stdin.readline(LONGEST_LINE), "")
        return
    try:
        with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as file:
            yield iter(lambda: file.readline(LONGEST_LINE), "")
    except (EOFError, zlib.error) as error:
        raise UsageError("is damaged, or cut short", where=str(path)) from error
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror or error}", where=str(path)) from error


# --- the state looked after: `backup`, `restore`, `prune` ---


@command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to; an older backup there is replaced.")],
) -> int:
    """Write a copy of the state database, also while the daemon runs."""
    from syndicate.app.state import back_up_state

    given = globals_of(context)
    with given.open_app() as app, app.using() as site:
        back_up_state(site, file)
    given.say({"file": file.resolve()}, f"Wrote the state to {file}.")
    return DONE


@command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `syndicate backup` wrote.")],
) -> int:
    """Put a backup in the place of the state database.

    The replaced one is kept beside it. Where messages were sent since the backup, nothing goes out before every
    account was adopted.
    """
    from syndicate.app.state import restore_state

    given = globals_of(context)
    with given.open_app() as app:
        with app.using() as site:
            kept = restore_state(site, file)
        contradiction = app.find_contradiction()
    told = f"Restored the state from {file}." + (f" The one before is kept as {kept}." if kept else "")
    given.say({"file": file.resolve(), "kept": kept, "contradiction": contradiction}, told)
    return warn_of_state(contradiction)


@command()
def prune(
    context: typer.Context,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help='Which steps to forget, such as "90d".')
    ] = "180d",
) -> int:
    """Forget old steps in the trail of messages that have ended.

    No message is forgotten: what was sent must never be sent again. The last step of each stays.
    """
    given, age = globals_of(context), read_time(older_than, where="--older-than")
    with given.open_app() as app, app.changing() as site:
        forgotten = site.store.prune_trails(app.now() - age)
    given.say({"forgotten": forgotten}, f"Forgot {forgotten} step{'' if forgotten == 1 else 's'}.")
    return DONE
