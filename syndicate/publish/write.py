"""Documents become files: only those that are not there as they should be, a few in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from syndicate.containment import contain
from syndicate.formats.documents import Document
from syndicate.model import Artefact, Cache, Problem, make_problem
from syndicate.output import Output
from syndicate.publish.manifest import Register

_MOST_BYTES, _MOST_FILES = 2_000_000, 500
"""What is rendered before it is written, and so in memory, twice over."""
_Rendered = tuple[Document, Artefact]


@dataclass(frozen=True, slots=True)
class Pressed:
    """The paths written, and what stopped others: a broken template stops its own page and nothing else."""

    written: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def press(documents: Iterable[Document], register: Register, output: Output, cache: Cache) -> Pressed:
    """Render and write what changed. What is written is remembered batch by batch, so a kill costs one of them.

    One batch is written while the next is rendered: the disk and the compressors leave the interpreter free.
    """
    problems: list[Problem] = []
    stale = (one for one in documents if not register.is_current(one.path, one.stamp))
    rendered = ((one, artefact) for one in stale if (artefact := _render(one, cache, problems)))
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="press") as writer:
        written: list[str] = []
        before: Future[tuple[str, ...]] | None = None
        for some in _batches(rendered):
            written += before.result() if before else ()
            before = writer.submit(_write, some, register, output)
        written += before.result() if before else ()
    return Pressed(tuple(written), tuple(problems))


def _batches(rendered: Iterable[_Rendered]) -> Iterator[list[_Rendered]]:
    some: list[_Rendered] = []
    weight = 0
    for one in rendered:
        some.append(one)
        weight += len(one[1].data)
        if weight >= _MOST_BYTES or len(some) >= _MOST_FILES:
            yield some
            some, weight = [], 0
    if some:
        yield some


def _write(some: Sequence[_Rendered], register: Register, output: Output) -> tuple[str, ...]:
    written = output.write([artefact for _, artefact in some])
    register.note({one.path: "" if artefact.problems else one.stamp for one, artefact in some})
    return written


def _render(document: Document, cache: Cache, problems: list[Problem]) -> Artefact | None:
    """None for a document that cannot be made: a broken template, a post that nobody foresaw."""
    artefact: Artefact | None = None
    with contain(lambda error: problems.append(make_problem(document.path, error))):
        artefact = document.make(cache)
        problems += artefact.problems
    return artefact
