"""Cards by hand: drawn anew, judged, laid out on a sheet."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from syndicate.app.publish import get_post, open_drawer, read_plan
from syndicate.app.site import OpenSite
from syndicate.cards.check import SheetCard, check_drawing, list_notes, render_sheet, shrink, summarise
from syndicate.model import Finding, Plan, Problem
from syndicate.publish.card_renderer import parse_frame
from syndicate.publish.drawing import Sketch
from syndicate.publish.manifest import open_manifest
from syndicate.templates import read_template


def _choose(site: OpenSite, slugs: tuple[str, ...], now: datetime) -> Plan:
    plan = read_plan(site, now)
    return replace(plan, identified=tuple(get_post(site, plan, slug) for slug in slugs)) if slugs else plan


def draw_cards(site: OpenSite, slugs: tuple[str, ...], now: datetime) -> tuple[Finding, ...]:
    """Draw anew, whatever was drawn before; the findings name each written card."""
    with site.take_turn():
        plan, manifest = _choose(site, slugs, now), open_manifest(site)
        drawer = open_drawer(site, manifest)
        drawer.forget([one.id for one in plan.identified])
        drawn = drawer.draw(plan, lambda _done, _all: None)
        site.forget_publication()
    troubles = (*drawn.problems, *manifest.problems)
    problems = [Finding("problem", one.text, one.source) for one in troubles]
    warnings = [Finding("warning", line) for line in drawn.warnings]
    return (*problems, *(Finding("ok", card.path, card.slug) for card in drawn.cards), *warnings)


def check_cards(site: OpenSite, slugs: tuple[str, ...], now: datetime) -> tuple[Finding, ...]:
    """Judge every card as it would be drawn now, and sum up. Writes nothing.

    A picture that could not be fetched may come yet, and what the author decided stands: those are warnings.
    """
    found: list[Finding] = []
    noted = 0
    judged: list[tuple[Problem, ...]] = []
    layouts: list[str] = []
    for sketch in open_drawer(site).sketch(_choose(site, slugs, now)):
        source = sketch.content.source
        found += [Finding("warning", sketch.lacks, source)] if sketch.lacks else []
        judged.append(_judge(site, sketch))
        layouts.append(sketch.drawing.layout if sketch.drawing else "")
        for problem in judged[-1]:
            hint = f" ({problem.hint})" if problem.hint else ""
            found.append(Finding("problem", f"{problem.message}{hint}", source))
        notes = list_notes(sketch.drawing) if sketch.drawing else ()
        found += [Finding("warning", note, source) for note in notes]
        noted += bool(notes)
    return (*found, Finding("ok", summarise(judged, layouts, noted)))


def _judge(site: OpenSite, sketch: Sketch) -> tuple[Problem, ...]:
    if sketch.drawing is None:
        return (Problem(sketch.content.source, sketch.trouble),)
    return check_drawing(sketch.content, sketch.drawing, max_bytes=site.settings.cards.max_bytes)


def write_sheet(site: OpenSite, slugs: tuple[str, ...], path: Path, now: datetime) -> None:
    """One HTML page, complete in itself, that shows each card as each network frames it."""
    cards: list[SheetCard] = []
    layouts: list[str] = []
    for sketch in open_drawer(site).sketch(_choose(site, slugs, now)):
        cards.append(_lay_out(site, sketch))
        layouts.append(sketch.drawing.layout if sketch.drawing else "")
    template = read_template(site.settings.root, "pages/sheet.html")
    summary = summarise([card.problems for card in cards], layouts)
    page = render_sheet(cards, template, title=site.settings.site.title, summary=summary)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(page)


def _lay_out(site: OpenSite, sketch: Sketch) -> SheetCard:
    """One card with all that is known of it; a card that cannot be drawn has its place and its problem too."""
    content, drawing = sketch.content, sketch.drawing
    width, height = parse_frame(site.settings.cards.sizes[0])
    common = SheetCard(
        src="",
        title=content.title,
        host=urlsplit(site.settings.site.url).netloc,
        alt=content.alt,
        width=width,
        height=height,
        size=0,
        problems=_judge(site, sketch),
    )
    if drawing is None:
        return common
    return replace(
        common,
        src=f"data:image/webp;base64,{b64encode(shrink(drawing.data)).decode()}",
        size=len(drawing.data),
        note="; ".join((f"{drawing.layout}, {drawing.theme}, contrast {drawing.contrast:g}:1", *list_notes(drawing))),
    )
