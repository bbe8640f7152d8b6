"""Every configuration and every command that the pages show is one that the program takes."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
import yaml12
from typer.core import TyperGroup

from syndicate.app.accounts import find_mistakes
from syndicate.cards.parse import parse_design
from syndicate.cli.root import load_commands
from syndicate.cli.terminal import put_globals_first
from syndicate.config.read import make_settings
from syndicate.errors import ConfigError
from syndicate.model import CardRules
from tests.cards.conftest import read_layouts

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
SITE = '[site]\ntitle = "Notes"\nurl = "https://notes.example"\n'
BLOCK = re.compile(r"^( *)```([\w-]+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
NUMBERS = {"ID": "1", "PORT": "1"}
ENDS_AT_ONCE = {"--help", "--version", "--install-completion"}


def list_blocks(language: str) -> list[tuple[str, str]]:
    """Name of the page and text of each block in a language, without the indentation of their list."""
    found = []
    for page in PAGES:
        for indent, kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if kind == language:
                found.append((page.name, re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)))
    return found


def list_commands() -> Iterator[tuple[str, str]]:
    """Every command line of a block for the shell or for a CI, alone."""
    lines = [(page, line) for page, text in list_blocks("sh") for line in text.splitlines()]
    lines += [(page, found) for page, text in list_blocks("yaml") for found in re.findall(r"run: (.*)", text)]
    for page, line in lines:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words: list[str] = []
        for word in [*lexer, ";"]:
            if set(word) <= set(";&|()"):
                if words:
                    yield page, shlex.join(words)
                words = []
            else:
                words.append(word)


def list_inline() -> Iterator[tuple[str, str]]:
    """Everything that looks like a command inside a sentence, on one line."""
    for page in PAGES:
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        yield from ((page.name, " ".join(words.split())) for words in INLINE.findall(text))


def parse(line: str, *, is_whole: bool) -> None:
    """As the command line reads it, without doing anything. Raises what Typer raises for a wrong one.

    Inside a sentence a command may lack its arguments: `syndicate login`, `queue edit --text`.
    """
    words = [NUMBERS.get(word, word) for word in shlex.split(line.replace("…", "words"))]
    left = put_globals_first([word for word in words if word not in ENDS_AT_ONCE])
    name, command, context = "syndicate", load_commands(), None
    try:
        while left or context:
            context = command.make_context(name, left, context)
            left = [*context._protected_args, *context.args]
            if not left or not isinstance(command, TyperGroup):
                break
            name, command, left = command.resolve_command(context, left)
    except typer.TyperException as error:
        if is_whole or not re.search(r"Missing|requires an argument", error.format_message()):
            raise


def is_command(words: str) -> bool:
    """Whether words in a sentence are a command of ours with words of its own, as `queue retry`."""
    first, _, rest = words.partition(" ")
    return first in load_commands().commands and bool(re.fullmatch(r"[\w\s\"….-]+", rest))


def check_ours(words: list[str]) -> None:
    """A command of this repository: its target, module or file is there, with the options it names."""
    if words[0] == "make":
        targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        assert {word for word in words[1:] if "=" not in word} <= targets
        return
    module, *rest = words
    place = ROOT / module.replace(".", "/")
    source = next((one for one in (place / "__main__.py", place.with_suffix(".py")) if one.is_file()), None)
    if module == "pytest":
        assert [word for word in rest if "/" in word and not (ROOT / word).exists()] == []
    else:
        assert source is not None, module
        text = source.read_text(encoding="utf-8")
        assert [word for word in rest if word.startswith("--") and f'"{word}"' not in text] == []


def find_ours(line: str) -> list[str]:
    """The words of a command of this repository, without the Python that runs it."""
    found = re.match(r"(?:\.venv/bin/python -m |python -m )?((?:make|pytest|tests(?:\.\w+)+)\b.*)", line)
    return shlex.split(found[1], comments=True) if found else []


def test_every_command_line_is_taken() -> None:
    """A reader who types what a block shows, or a CI that runs it, is not refused."""
    commands = sorted(set(list_commands()))
    assert len([line for _, line in commands if line.startswith("syndicate ")]) > 25
    for page, line in commands:
        if line.startswith("syndicate "):
            with told(page, line):
                parse(line.removeprefix("syndicate "), is_whole=True)
        elif words := find_ours(line):
            with told(page, line):
                check_ours(words)


def test_every_command_in_a_sentence_is_there() -> None:
    """With the options that it names."""
    ours = 0
    for page, line in sorted(set(list_inline())):
        with told(page, line):
            if line.startswith("syndicate ") or is_command(line):
                parse(line.removeprefix("syndicate "), is_whole=False)
            elif words := find_ours(line):
                check_ours(words)
                ours += 1
    assert ours > 10


@contextmanager
def told(page: str, line: str) -> Iterator[None]:
    """What goes wrong is told with its page."""
    try:
        yield
    except (typer.TyperException, AssertionError) as error:
        pytest.fail(f"{page}: `{line}`: {error}", pytrace=False)


def test_a_wrong_command_would_be_seen() -> None:
    """Neither an unknown command, nor an unknown option, nor a value that is no choice passes."""
    for line in ("pubish", "publish --ony feeds", "publish --only pages", "queue relase 1", "settle"):
        with pytest.raises(typer.TyperException):
            parse(line, is_whole=True)
    with pytest.raises(AssertionError):
        check_ours(["make", "coffee"])


@pytest.mark.parametrize(("page", "block"), [one for one in list_blocks("toml") if one[0] != "extending.md"])
def test_every_configuration_is_taken(page: str, block: str, tmp_path: Path) -> None:
    """A whole syndicate.toml, a part of one, a card layout, or what another package says of itself."""
    tables = tomllib.loads(block)
    if "boxes" in tables:
        parse_design(CardRules(layout="own"), read_layouts() | {"own": block})
    elif "project" in tables:
        assert set(tables["project"]["entry-points"]) == {"syndicate.networks"}
    elif '"?"' in block:
        with pytest.raises(ConfigError, match="is a question yet"):
            make_settings(complete(block), root=tmp_path, environ={})
    else:
        settings = make_settings(complete(block), root=tmp_path, environ={})
        assert [one for account in settings.accounts for one in find_mistakes(account)] == []


def complete(block: str) -> str:
    """A fragment with what every syndicate.toml needs."""
    if "[site]\n" not in block:
        return block + SITE
    needed = [line for line in SITE.splitlines()[1:] if f"{line.split()[0]} =" not in block]
    return block.replace("[site]\n", "\n".join(["[site]", *needed, ""]))


@pytest.mark.parametrize(("page", "block"), list_blocks("yaml"))
def test_every_block_of_yaml_is_read(page: str, block: str) -> None:
    """Front matter and workflows."""
    assert isinstance(yaml12.parse_yaml(block.strip().strip("-")), dict)


def test_every_extra_has_a_name_that_is_there() -> None:
    """What `pipx install "syndicate-feeds[…]"` asks for is in the package."""
    extras = set(
        tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    )
    named = re.findall(r"syndicate-feeds\[([\w,]+)\]", "".join(page.read_text(encoding="utf-8") for page in PAGES))
    assert named
    assert {extra for group in named for extra in group.split(",")} <= extras


def test_the_table_of_costs_is_the_one_that_its_bench_prints() -> None:
    """Row by row; the figures are those of one machine."""
    bench = (ROOT / "tests" / "benchmarks" / "bench_costs.py").read_text(encoding="utf-8")
    printed = re.findall(r'yield f?"([^"]+)", ', bench.replace("{count:,}", "1,000"))
    page = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    table = page.partition("<!-- begin: costs -->")[2].partition("<!-- end: costs -->")[0]
    assert sorted(re.findall(r"^\| (.+?) \| .*\d", table, re.MULTILINE)) == sorted(printed)
