"""What `syndicate cards --check` finds wrong with a card: nothing here draws, fetches or repairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from PIL import Image

from syndicate.cards import CardContent
from syndicate.cards.choose import Fault, Flaw
from syndicate.cards.colour import READABLE
from syndicate.cards.design import LEAST_TITLE, SMALLEST_TYPE
from syndicate.cards.draw import Drawing
from syndicate.cards.frame import READABLE_LOGO
from syndicate.errors import ConfigError
from syndicate.model import Problem
from syndicate.typeset.faces import Missing

# --- what a card cannot write: a line for each package that would help ---

_SHOWN = 8


def tell_gaps(missing: Sequence[Missing]) -> Iterator[tuple[str, str]]:
    """Each lack as a sentence, and what to do."""
    for package, found in groupby(sorted(missing, key=lambda one: one.package), key=lambda one: one.package):
        clusters = [one.cluster for one in found]
        yield f"no installed font has {_name_all(clusters)}", _advise(package, len(clusters))


def _name_all(clusters: Sequence[str]) -> str:
    if len(clusters) == 1:
        return f'"{clusters[0]}" ({" ".join(f"U+{ord(character):04X}" for character in clusters[0])})'
    more = " …" if len(clusters) > _SHOWN else ""
    return f"{len(clusters)} of its characters: {' '.join(clusters[:_SHOWN])}{more}"


def _advise(package: str, number: int) -> str:
    what = "it" if number == 1 else "them"
    if not package:
        where = "install a font on the system that does (Debian: fonts-noto-core), or name its file in cards.fonts"
        return f"no package of ours has {what}: {where}"
    return f'pip install "{package}" brings {what}'


def check_drawing(content: CardContent, drawing: Drawing, *, max_bytes: int) -> tuple[Problem, ...]:
    """Everything that a person should look at before the card is published."""
    return (
        *_check_glyphs(content, drawing),
        *_check_picture(content, drawing),
        *(_tell_fault(content, fault) for fault in drawing.faults if fault.flaw is not Flaw.DECLARED),
        *_check_layout(content, drawing),
        *_check_title(content, drawing),
        *_check_logo(content, drawing),
        *_check_size(content, drawing, max_bytes),
    )


def list_notes(drawing: Drawing) -> tuple[str, ...]:
    """What the author decided and might look at once more: no problem, no exit code."""
    declared = any(fault.flaw is Flaw.DECLARED for fault in drawing.faults)
    return (_NOTE,) if declared else ()


_NOTE = "the picture seems to hold text, and is cropped or under words, since the post says imageKind: photo"


def _check_glyphs(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    return tuple(Problem(content.source, words, key="title", hint=hint) for words, hint in tell_gaps(drawing.missing))


def _check_picture(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    found = []
    if drawing.refused:
        found.append(Problem(content.source, f"the picture cannot be used: {drawing.refused}", key="image"))
    if content.has_picture and not content.picture_alt:
        hint = "say in a sentence what the picture shows"
        found.append(Problem(content.source, "the picture has no alt text", key="imageAlt", hint=hint))
    return tuple(found)


def _tell_fault(content: CardContent, fault: Fault) -> Problem:
    amount = fault.amount
    words, hint = {
        Flaw.ENLARGED: (f"the picture is enlarged {amount:.1f} times", "use a larger file"),
        Flaw.BLURRED: (
            f"the picture would have to be enlarged {amount:.1f} times and stands on its own blur",
            'use a larger file, or layout = "auto"',
        ),
        Flaw.WORDS_OVER_TEXT: (
            "words lie over a picture that holds text",
            'use layout = "auto" or "framed"; if it is a photo, say imageKind: photo',
        ),
        Flaw.CUT: (f"{amount:.0%} of the picture is cut off", "use one of another shape, or say focus"),
        Flaw.SUBJECT_COVERED: (
            f"{amount:.0%} of what the picture shows lies under words",
            "say focus where that is not its subject, or shorten the title",
        ),
    }[fault.flaw]
    return Problem(content.source, words, key="image", hint=hint)


def _check_title(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    if drawing.is_cut:
        return (Problem(content.source, "the title is cut", key="title", hint="shorten it"),)
    if 0 < drawing.title_size < LEAST_TITLE:
        words = f"the title has only {drawing.title_size:.0f} pixels (layout {drawing.layout})"
        return (Problem(content.source, words, key="title", hint=f"shorten it: {LEAST_TITLE} pixels can be read"),)
    return ()


def _check_logo(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    reached = drawing.logo_contrast
    if reached is None or reached >= READABLE_LOGO:
        return ()
    if reached == 0:
        words = f"the layout {drawing.layout} does not show the logo"
        return (Problem(content.source, words, hint='give it a box of kind "logo"'),)
    words = f"the logo stands out only {reached}:1 (layout {drawing.layout}, theme {drawing.theme})"
    return (Problem(content.source, words, hint=f"{READABLE_LOGO:g}:1 is needed; name another one as logo_dark"),)


def _check_layout(content: CardContent, drawing: Drawing) -> tuple[Problem, ...]:
    found, where = [], f"layout {drawing.layout}"
    if drawing.contrast < READABLE:
        words = f"text stands out only {drawing.contrast}:1 ({where}, theme {drawing.theme})"
        found.append(Problem(content.source, words, hint=f"{READABLE}:1 is needed; use another colour or a scrim"))
    if 0 < drawing.smallest < SMALLEST_TYPE:
        found.append(Problem(content.source, f"type of {drawing.smallest:g} pixels cannot be read ({where})"))
    if drawing.outside:
        names = ", ".join(drawing.outside)
        found.append(Problem(content.source, f"outside the safe box: {names} ({where})", hint="give it more padding"))
    return tuple(found)


def _check_size(content: CardContent, drawing: Drawing, max_bytes: int) -> tuple[Problem, ...]:
    if len(drawing.data) <= max_bytes:
        return ()
    return (Problem(content.source, f"the card has {len(drawing.data):,} bytes, {max_bytes:,} are allowed"),)


def summarise(problems: Sequence[Sequence[Problem]], layouts: Sequence[str], noted: int = 0) -> str:
    """One line about all cards: how many are in order, how many have a note, and in which layouts they are."""
    faulty = sum(1 for some in problems if some)
    used = ", ".join(f"{number} {name}" for name, number in sorted(Counter(filter(None, layouts)).items()))
    state = "all in order" if not faulty else f"{len(problems) - faulty} in order, {faulty} with problems"
    state += f", {noted} with a note" if noted else ""
    number = f"{len(problems):,} card" + ("" if len(problems) == 1 else "s")
    return f"{number}: {state}" + (f" ({used})" if used else "")


# --- The contact sheet: an overview of all cards, then each as each network crops and frames it ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """How a network shows a link's picture. `ratio` is width by height, 0 where it keeps the picture's own."""

    name: str
    ratio: float
    style: str
    """A class of the page's style sheet: "under" (words below), "over" (words on it), "beside", "bare"."""


FRAMES = (
    Frame(name="X", ratio=1.91, style="over"),
    Frame(name="Facebook, Threads", ratio=1.91, style="under"),
    Frame(name="LinkedIn", ratio=1.91, style="under"),
    Frame(name="Mastodon", ratio=1.91, style="under"),
    Frame(name="Bluesky", ratio=1.91, style="under"),
    Frame(name="Slack, Discord, Telegram", ratio=0, style="bare"),
    Frame(name="Large cards cut to 2:1", ratio=2, style="under"),
    Frame(name="Video-shaped slots, 16:9", ratio=16 / 9, style="under"),
    Frame(name="Small previews, 4:3", ratio=4 / 3, style="beside"),
    Frame(name="WhatsApp, profile grids", ratio=1, style="beside"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetCard:
    """One card on the sheet. `src` is the picture's address as the page sees it (a path, or a data: URL)."""

    src: str
    title: str
    host: str
    alt: str
    width: int
    height: int
    size: int
    """Bytes."""
    note: str = ""
    """Layout, theme, contrast … in words."""
    problems: tuple[Problem, ...] = ()

    @property
    def css_src(self) -> str:
        """`src` for a quoted url() of a style sheet, so that a page that carries its pictures has each only once."""
        return self.src.translate(_QUOTED)


SHOWN_WIDTH, SHOWN_BYTES = 600, 17_000
"""Pixels and bytes of a card on the sheet, so that a hundred cards stay under three megabytes."""


def shrink(data: bytes) -> bytes:
    """A card as the sheet shows it, as WebP."""
    with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
        card = image.convert("RGB")
    card.thumbnail((SHOWN_WIDTH, SHOWN_WIDTH), Image.Resampling.LANCZOS)
    found = b""
    for quality in (78, 60, 40, 20):
        out = BytesIO()
        card.save(out, "WEBP", quality=quality, method=4)
        found = out.getvalue()
        if len(found) <= SHOWN_BYTES:
            break
    return found


_QUOTED = {ord(character): f"%{ord(character):02X}" for character in "\"'\\\n<>"}


def render_sheet(cards: Sequence[SheetCard], template: str, *, title: str, summary: str = "") -> bytes:
    """The page as UTF-8. `template` is the text of templates/pages/sheet.html; raises ConfigError where it fails."""
    jinja = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        return jinja.from_string(template).render(cards=cards, frames=FRAMES, title=title, summary=summary).encode()
    except TemplateError as error:
        raise ConfigError(f"the template fails: {error}", where="templates/pages/sheet.html") from error
