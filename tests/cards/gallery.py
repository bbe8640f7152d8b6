"""A gallery for the eye: 120 cards over every kind of picture and of title, to be looked at before a release.

    python -m tests.cards.gallery FOLDER [PICTURES]     draws the cards, sheets of nine, and what the check says of each

PICTURES is a folder of further pictures, such as photos that are not ours to keep here.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from PIL import Image, ImageDraw

from syndicate.cards import CardContent, find_direction
from syndicate.cards.check import check_drawing
from syndicate.cards.draw import Drawing, draw_card
from syndicate.cards.parse import parse_design
from syndicate.fonts import find_fonts
from syndicate.model import CardRules
from syndicate.typeset import FontSet
from tests.cards import corpus, more_pictures, pictures
from tests.cards.conftest import read_layouts

CARDS = 120

LONG = (
    "A title of exactly two hundred characters is what some people write when they cannot decide what the post is "
    "about and so they put the whole argument into the heading, hoping someone will read to the end"
)
TITLES: Sequence[tuple[str, str]] = (
    ("en", "Why small feeds outlive big platforms"),
    ("en", "2026"),
    ("en", "Hello AI"),
    ("en", "How async fn in traits broke my build"),
    ("en", "On being wrong"),
    ("en", LONG),
    ("de", "Donaudampfschifffahrtsgesellschaftskapitän: eine Spurensuche in der Wachau"),
    ("ja", "静かな朝に考える、小さなフィードが長く生き残る理由"),
    ("ar", "لماذا تعيش الخلاصات الصغيرة أطول من المنصات الكبيرة"),
    ("en", "Ship it 🚀 with the whole family 👩‍👩‍👧‍👦"),
    ("fr", "Pourquoi j’ai quitté le nuage : « trois ans » sans serveur d’autrui"),
    ("en", "Postgres is enough"),
    ("he", "למה פידים קטנים שורדים יותר"),
    ("en", "We moved ten million rows in a weekend, and this is everything that went wrong on the way"),
    ("zh", "为什么小型订阅源比大平台更长寿"),
    ("en", "Notes"),
    ("hi", "छोटी फ़ीड बड़े मंचों से अधिक समय तक क्यों टिकती हैं"),
    ("th", "ทำไมฟีดเล็กๆ จึงอยู่ได้นานกว่าแพลตฟอร์มใหญ่"),
    ("en", 'The "last mile" problem — again'),
    ("ru", "Почему маленькие ленты переживают большие платформы"),
    ("en", "Everything we learned about running a tiny, self-hosted publishing house for ten years"),
    ("en", "https://example.org/posts/2025/a-very-long-address-without-any-spaces-in-it"),
    ("ko", "작은 피드가 큰 플랫폼보다 오래 사는 이유"),
    ("en", "C++ vs. Rust"),
    ("es", "¿Qué es RSS y por qué sigue vivo?"),
    ("en", "Weeknotes #214: tests, tea, and a train to Gävle"),
    ("el", "Γιατί οι μικρές ροές ζουν περισσότερο"),
    ("en", "I fixed it"),
    ("vi", "Vì sao các nguồn cấp nhỏ sống lâu hơn những nền tảng lớn"),
    ("en", "An internationalization incomprehensibility retrospective"),
)
CODE = {3: ("async fn",)}

_WORDS = {
    "category": ("Publishing", "Notes", "", "Databases & Storage", "Engineering"),
    "author": ("Ada Lindqvist", "María José Fernández-Villaverde", ""),
    "reading": ("6 min read", "", "21 min read"),
}


def list_pictures(folder: Path | None) -> Iterator[tuple[str, bytes | None]]:
    """Names and files; now and then a post without one."""
    drawn = {**pictures.TEXTS, **pictures.LOGOS, **pictures.PHOTOS}
    drawn |= {**more_pictures.MORE_TEXTS, **more_pictures.MORE_LOGOS, **more_pictures.MORE_PHOTOS}
    for number, (name, draw) in enumerate(drawn.items()):
        image = draw()
        yield name, corpus.to_jpeg(image, 85) if image.mode == "RGB" and number % 3 else corpus.to_png(image)
        if number % 9 == 8:
            yield "no picture", None
    for path in sorted(folder.iterdir()) if folder else ():
        yield path.stem, path.read_bytes()


def make_content(number: int) -> CardContent:
    at = number % len(TITLES)
    language, title = TITLES[at]
    words = {key: values[number % len(values)] for key, values in _WORDS.items()}
    return CardContent(
        title=title,
        date="18 March 2025",
        site="Field Notes",
        language=language,
        direction=find_direction(language, title),
        seed=f"post {number}",
        code=CODE.get(at, ()),
        picture_alt="seen",
        is_short=number % 29 == 0,
        **words,
    )


def draw_gallery(folder: Path, further: Path | None, fonts: FontSet, size: tuple[int, int]) -> None:
    """The cards, contact sheets of them, and a line for each."""
    files, rules = read_layouts(), CardRules()
    designs = [
        parse_design(rules, files),
        parse_design(replace(rules, accent="#c2410c"), files, logo=corpus.to_png(pictures.draw_wordmark())),
        parse_design(rules, files, logo=corpus.to_png(pictures.draw_icon())),
        parse_design(replace(rules, accent="#0f766e"), files),
    ]
    known = list(list_pictures(further))
    count = max(CARDS, 2 * len(known))
    cards: list[tuple[str, Drawing]] = []
    lines: list[str] = []
    for number, (name, data) in enumerate(islice(cycle(known), count)):
        content = make_content(number + number // len(known) * 7)
        drawing = draw_card(content, design=designs[number % len(designs)], fonts=fonts, photo=data, size=size)
        told = [problem.message for problem in check_drawing(content, drawing, max_bytes=280_000)]
        lines.append(f"{number:3} {name:16} {drawing.layout:7} {drawing.title_size:4.0f} {'; '.join(told)}")
        (folder / f"{number:03}.{drawing.media_type[6:]}").write_bytes(drawing.data)
        cards.append((f"{number} {name}", drawing))
    (folder / "check.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for start in range(0, count, 9):
        draw_sheet(cards[start : start + 9], 660).save(folder / f"sheet-{start:03}.png")
    for start in range(0, count, 30):
        draw_sheet(cards[start : start + 30], 300, 5).save(folder / f"small-{start:03}.png")


def draw_sheet(cards: Sequence[tuple[str, Drawing]], width: int, columns: int = 3) -> Image.Image:
    """Cards beside and below one another, their numbers above them."""
    height = round(width * cards[0][1].height / cards[0][1].width)
    rows = -(-len(cards) // columns)
    sheet = Image.new("RGB", (columns * (width + 10), rows * (height + 26)), (210, 210, 214))
    pen = ImageDraw.Draw(sheet)
    for at, (name, drawing) in enumerate(cards):
        left, top = at % columns * (width + 10), at // columns * (height + 26)
        card = Image.open(io.BytesIO(drawing.data)).convert("RGB")
        sheet.paste(card.resize((width, height), Image.Resampling.LANCZOS), (left, top + 22))
        pen.text((left + 4, top + 2), name, font=pictures.sans(17), fill=(0, 0, 0))
    return sheet


if __name__ == "__main__":
    where = Path(sys.argv[1])
    where.mkdir(parents=True, exist_ok=True)
    more = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    draw_gallery(where, more, find_fonts(CardRules(), str(Path(__file__).parents[2])), (1200, 630))
