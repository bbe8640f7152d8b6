"""Documents become files: only those that are not there as they should be, a few in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from syndicate.errors import ConfigError
from syndicate.formats import render_document
from syndicate.formats.documents import Document
from syndicate.model import Artefact, Cache, Problem
from syndicate.output import Output
from syndicate.publish.jobs import batches
from syndicate.publish.register import Register


@dataclass(frozen=True, slots=True)
class Pressed:
    """The paths written, and what stopped others: a broken template stops its own page and nothing else."""

    written: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def press(documents: Iterable[Document], register: Register, output: Output, cache: Cache) -> Pressed:
    """Render and write what changed. What is written is remembered batch by batch, so a kill costs one of them."""
    stale = (one for one in documents if not register.is_current(one.path, one.stamp))
    written: list[str] = []
    problems: list[Problem] = []
    for some in batches(stale):
        made = [(one, artefact) for one in some if (artefact := _render(one, cache, problems))]
        written += output.write([artefact for _, artefact in made])
        register.note({one.path: one.stamp for one, _ in made})
    return Pressed(tuple(written), tuple(problems))


def _render(document: Document, cache: Cache, problems: list[Problem]) -> Artefact | None:
    try:
        return render_document(document, cache)
    except ConfigError as error:
        problems.append(Problem(error.where or document.path, error.message, hint=error.hint))
        return None
