"""What nobody foresaw costs the one post that it happens to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from syndicate.content.post_dates import History, Span
from syndicate.content.reading import Reader
from syndicate.content.scanning import scan
from syndicate.errors import StateError
from tests.content.golden import make_settings


class PanicException(BaseException):
    """As a Rust library raises it."""


TROUBLES = [
    ValueError("a"), AssertionError("a"), RecursionError(), MemoryError(), UnicodeDecodeError("utf-8", b"a", 0, 1, "a"),
    OSError(5, "a"), KeyError("a"), StopIteration(), subprocess.SubprocessError(), PanicException("a"),
]  # fmt: skip


class BrokenHistory(History):
    """Asked for one post's dates, git's history raises."""

    def __init__(self, trouble: BaseException) -> None:
        self._trouble = trouble

    def find(self, source: str) -> Span | None:
        raise self._trouble


def _read(tmp_path: Path, trouble: BaseException) -> tuple[Reader, list[str | None]]:
    """Three posts, the second of which asks git."""
    (tmp_path / "posts").mkdir()
    for name, line in (("a", ""), ("b", "date: git Created\n"), ("c", "")):
        (tmp_path / "posts" / f"{name}.md").write_text(f"---\ntitle: {name}\n{line}---\nBody\n")
    settings = make_settings(tmp_path)
    reader = Reader(settings, BrokenHistory(trouble))
    readings = reader.read_many([(file, None, None) for file in scan(settings).files])
    said = []
    for reading in readings:
        assert reading.outcome
        said.append(None if reading.outcome.post else reading.outcome.problems[0].text)
    return reader, said


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: type(one).__name__)
def test_one_post_that_nobody_foresaw_stops_no_other(tmp_path: Path, trouble: BaseException) -> None:
    """The other two are read, the one becomes a problem, and asking for its body alone raises nothing either."""
    reader, (first, second, third) = _read(tmp_path, trouble)
    assert (first, third) == (None, None)
    assert second
    assert second.endswith("(please report it)") or isinstance(trouble, PanicException)
    assert reader.read_body("b.md") is None
    assert reader.read_body("c.md")


@pytest.mark.parametrize("end", [KeyboardInterrupt(), SystemExit(), StateError("locked"), OSError(28, "disk full")])
def test_what_ends_the_round_is_no_problem_of_a_post(tmp_path: Path, end: BaseException) -> None:
    """The wish to stop, a broken state and a full disk go on to the caller."""
    with pytest.raises(type(end)):
        _read(tmp_path, end)
