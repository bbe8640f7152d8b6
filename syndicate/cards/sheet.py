"""The contact sheet: an overview of all cards, then each as each network crops and frames it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment
from PIL import Image

from syndicate.errors import ConfigError
from syndicate.model import Problem


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
