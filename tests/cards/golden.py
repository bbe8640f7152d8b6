"""What cards are meant to look like: every layout, theme and script, kept as thumbnails too small to be exact.

    python -m tests.cards.golden        draws the thumbnails and docs/cards.jpg anew; look at them before committing

A thumbnail of 60x32 means keeps where things stand, how large and in which colour, and lets a new version of a
font or of Pillow move an edge by a pixel.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

from PIL import Image

from syndicate.cards import CardContent, find_direction
from syndicate.cards.draw import draw_card
from syndicate.cards.parse import parse_design
from syndicate.fonts import find_fonts
from syndicate.model import CardRules
from syndicate.typeset import FontSet
from tests.cards import corpus, pictures

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "golden"
LAYOUTS = ("cover", "side", "split", "framed", "emblem", "band", "type", "poster", "quote")
THEMES = ("light", "dark", "auto")
TILE = (60, 32)

_LATIN = ("Publishing", "Ada Lindqvist", "18 March 2025", "6 min read", "Field Notes")
TITLES: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "latin": ("en", "Why small feeds outlive big platforms", _LATIN),
    "cjk": (
        "ja",
        "静かな朝に考える、小さなフィードが長く生き残る理由",
        ("技術", "佐藤 美咲", "2025年3月18日", "6分で読めます", "野帳"),
    ),
    "arabic": (
        "ar",
        "لماذا تعيش الخلاصات الصغيرة أطول من المنصات الكبيرة",
        ("تقنية", "ليلى حداد", "18 مارس 2025", "6 د قراءة", "دفتر"),
    ),
    "hebrew": (
        "he",
        "למה פידים קטנים שורדים יותר מפלטפורמות גדולות",
        ("טכנולוגיה", "נועה לוי", "18 במרץ 2025", "6 דק׳ קריאה", "יומן שדה"),
    ),
    "devanagari": (
        "hi",
        "छोटी फ़ीड बड़े मंचों से अधिक समय तक क्यों टिकती हैं",
        ("तकनीक", "आशा वर्मा", "18 मार्च 2025", "6 मिनट", "क्षेत्र टिप्पणियाँ"),
    ),
    "thai": (
        "th",
        "ทำไมฟีดเล็กๆ จึงอยู่ได้นานกว่าแพลตฟอร์มใหญ่",
        ("เทคโนโลยี", "สมชาย ใจดี", "18 มีนาคม 2568", "อ่าน 6 นาที", "สมุดภาคสนาม"),
    ),
    "emoji": ("en", "Ship it 🚀 with the whole family 👩‍👩‍👧‍👦 and a wave 👋🏽 from 🇸🇪", _LATIN),
    "code": ("en", "How async fn in traits broke my build", _LATIN),
    "eight": ("en", "Hello AI", _LATIN),
    "long": (
        "en",
        (
            "Everything we learned about running a tiny, self-hosted publishing house for ten years, told slowly and "
            "without a single growth chart at all"
        ),
        _LATIN,
    ),
}


def make_content(name: str) -> CardContent:
    language, title, (category, author, date, reading, site) = TITLES[name]
    return CardContent(
        title=title,
        category=category,
        author=author,
        date=date,
        reading=reading,
        site=site,
        language=language,
        direction=find_direction(language, title),
        seed=name,
        code=("async fn",) if name == "code" else (),
    )


_LANDSCAPE = partial(corpus.draw_landscape, 1200, 800)
PICTURES: Mapping[str, Callable[[], Image.Image]] = {
    "cover": _LANDSCAPE,
    "side": partial(pictures.draw_person, 1200, 800, 0.78),
    "split": _LANDSCAPE,
    "framed": pictures.draw_terminal,
    "emblem": pictures.draw_icon,
    "band": partial(corpus.draw_landscape, 1600, 400),
}


@cache
def photo(layout: str) -> bytes | None:
    return corpus.to_png(PICTURES[layout]()) if layout in PICTURES else None


def draw(layout: str, theme: str, name: str, fonts: FontSet) -> Image.Image:
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "templates" / "cards").glob("*.toml")}
    design = _parse(CardRules(layout=layout, theme=theme), tuple(sorted(files.items())))
    drawing = draw_card(make_content(name), design=design, fonts=fonts, photo=photo(layout))
    return Image.open(io.BytesIO(drawing.data)).convert("RGB")


@cache
def _parse(rules: CardRules, files: tuple[tuple[str, str], ...]):
    return parse_design(rules, dict(files))


def to_tile(card: Image.Image) -> Image.Image:
    return card.resize(TILE, Image.Resampling.BOX)


def place_of(theme: str, name: str) -> tuple[int, int, int, int]:
    """Where the thumbnail of a theme and a title stands on its layout's sheet."""
    left, top = list(TITLES).index(name) * TILE[0], THEMES.index(theme) * TILE[1]
    return left, top, left + TILE[0], top + TILE[1]


def read_golden(layout: str, theme: str, name: str) -> Image.Image:
    with Image.open(FOLDER / f"{layout}.png") as sheet:
        return sheet.convert("RGB").crop(place_of(theme, name))


def difference(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """How far two thumbnails are apart: the mean and the largest difference of any channel."""
    apart = [abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)]
    return sum(apart) / len(apart), max(apart)


def write_goldens(fonts: FontSet) -> None:
    FOLDER.mkdir(exist_ok=True)
    for layout in LAYOUTS:
        sheet = Image.new("RGB", (TILE[0] * len(TITLES), TILE[1] * len(THEMES)))
        for theme in THEMES:
            for name in TITLES:
                sheet.paste(to_tile(draw(layout, theme, name, fonts)), place_of(theme, name)[:2])
        sheet.save(FOLDER / f"{layout}.png", optimize=True)


EXAMPLES = (
    (("cover", "latin"), ("side", "arabic"), ("split", "hebrew")),
    (("framed", "long"), ("emblem", "devanagari"), ("band", "latin")),
    (("type", "thai"), ("poster", "eight"), ("quote", "cjk")),
)
"""Each layout once, in scripts of which each is seen once."""


def write_contact_sheet(fonts: FontSet) -> None:
    """docs/cards.jpg: every layout, all scripts, themes as they come; each alone as docs/layouts/<layout>.jpg."""
    width, height, gap = 440, 231, 10
    sheet = Image.new("RGB", (3 * (width + gap) + gap, len(EXAMPLES) * (height + gap) + gap), (232, 232, 236))
    (ROOT / "docs" / "layouts").mkdir(exist_ok=True)
    for row, examples in enumerate(EXAMPLES):
        for column, (layout, name) in enumerate(examples):
            card = draw(layout, "auto", name, fonts).resize((width, height), Image.Resampling.LANCZOS)
            sheet.paste(card, (gap + column * (width + gap), gap + row * (height + gap)))
            draw(layout, "auto", "code" if layout == "framed" else "latin", fonts).resize(
                (width, height), Image.Resampling.LANCZOS
            ).save(ROOT / "docs" / "layouts" / f"{layout}.jpg", quality=80, optimize=True)
    sheet.save(ROOT / "docs" / "cards.jpg", quality=84, optimize=True)


if __name__ == "__main__":
    found = find_fonts(CardRules(), str(ROOT))
    write_goldens(found)
    write_contact_sheet(found)
