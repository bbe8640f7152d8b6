"""Which layout suits a post's words and its picture, where the site leaves it open, and what is wrong with it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from syndicate.cards import CardContent
from syndicate.cards.crop import (
    MAX_ENLARGED,
    Subject,
    choose_window,
    cover_of_subject,
    find_clear,
    find_side,
    has_no_colour,
    is_broad,
    is_low,
    look_for_subject,
)
from syndicate.cards.design import Design, Layout, Shown, find_longest
from syndicate.cards.frame import BROAD
from syndicate.cards.kind import Kind, find_ground, find_kind, is_dark
from syndicate.cards.layout import Placed, Rect
from syndicate.cards.photo import Photo
from syndicate.text.counting import split_graphemes

Size = tuple[int, int]

LEAST_KEPT = 0.6
"""A cover that would show less of its photo than this becomes a split, or a band where the photo is a panorama."""

WIDE = 1.4
"""Width by height from which on a card has sides."""

LONG_WORD = 24
"""Letters of a word that is too long to stand beside a picture: then the title is above it."""
SIDE_WORD = 17
"""The same on one half of a photo."""

BAND = 3 / 7
"""Of a card's height, what a band has for its photo."""

LONG = 100
"""Letters of a title that would cover most of a photo."""

SHORT, SHORT_WORDS, SHORT_WORD = 16, 3, 11
"""Letters and words of a title that fills a card alone, and letters of its longest word."""

UNDER_WORDS = frozenset({"cover", "side"})
"""Layouts of ours that lay words on the picture."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A layout, and what is known of the picture it was chosen for."""

    layout: Layout
    kind: Kind = Kind.PHOTO
    side: str = "bottom"
    """Where the words stand on a photo: "bottom", "left" or "right"."""
    subject: Subject | None = None
    is_declared: bool = False
    """The author says what kind of picture it is."""


def choose_layout(content: CardContent, design: Design, photo: Photo | None, size: Size) -> Choice:
    """The site's own layout where it can be drawn, else what suits words and picture."""
    wanted = design.layouts.get(design.layout)
    if wanted is not None and not wanted.picture:
        return Choice(wanted)
    if photo is None:
        return Choice(design.layouts[_choose_flat(content)])
    kind = find_kind(photo, content.picture_kind)
    subject = look_for_subject(photo.small, content.focus)
    if wanted is None or (wanted.name in UNDER_WORDS and kind is not Kind.PHOTO):
        wanted = design.layouts[_choose_pictured(content, photo, size, kind)]
    side = "" if design.layout == "auto" else _find_free(subject, photo, size)  # for a site's own choice of layout
    return Choice(wanted, kind, side or "bottom", subject, bool(content.picture_kind))


def _choose_flat(content: CardContent) -> str:
    if content.is_short:
        return "quote"
    return "poster" if is_poster(content.title) else "type"


def is_poster(title: str) -> bool:
    """One to three short words."""
    words = title.split()
    return len(words) <= SHORT_WORDS and len(title) <= SHORT and max(map(_count, words), default=0) <= SHORT_WORD


def _count(word: str) -> int:
    return sum(1 for _ in split_graphemes(word))


def _choose_pictured(content: CardContent, photo: Photo, size: Size, kind: Kind) -> str:
    if kind is Kind.TEXT:
        return "framed"
    if kind is not Kind.LOGO and photo.width > photo.height * BROAD and not _fills_band(photo, size):
        return "framed"
    if kind is not Kind.LOGO and _is_panorama(photo, size):
        return "band"
    beside = "framed" if _has_sides(size) and find_longest(content) > LONG_WORD else ""
    if kind is Kind.LOGO or _enlarged(photo, _panel(size)) > MAX_ENLARGED:
        return beside or "emblem"
    if not fills(photo, size) or len(content.title) > LONG:
        return beside or "split"
    # Where there is no colour, nobody can tell a face from a wall: words keep off all of it.
    return (beside or "split") if content.focus is None and has_no_colour(photo.small) else "cover"


def fills(photo: Photo, size: Size) -> bool:
    """Whether a photo can fill a card: sharp enough, and most of it still seen."""
    return _enlarged(photo, size) <= MAX_ENLARGED and _kept(photo, size) >= LEAST_KEPT


def _is_panorama(photo: Photo, size: Size) -> bool:
    is_wider = photo.width * size[1] > photo.height * size[0]
    return is_wider and _kept(photo, size) < LEAST_KEPT and size[0] / photo.width <= MAX_ENLARGED


def _fills_band(photo: Photo, size: Size) -> bool:
    """About the room that a band gives its photo."""
    band = (size[0], size[1] * 2 // 7) if _has_sides(size) else (size[0], size[1] * 4 // 11)
    return _enlarged(photo, band) <= MAX_ENLARGED


def _panel(size: Size) -> Size:
    """About the room that a split gives its photo."""
    return (size[0] * 2 // 5, size[1]) if _has_sides(size) else (size[0], size[1] * 2 // 5)


def _has_sides(size: Size) -> bool:
    return size[0] > size[1] * WIDE


def _enlarged(photo: Photo, size: Size) -> float:
    return max(size[0] / photo.width, size[1] / photo.height)


def _kept(photo: Photo, size: Size) -> float:
    scale = _enlarged(photo, size)
    return (size[0] * size[1]) / (photo.width * photo.height * scale * scale)


def give_way(choice: Choice, content: CardContent, design: Design, photo: Photo, size: Size) -> Choice:
    """For a cover whose words lie on its subject: words on the free side, or beside the photo where none is free, or
    below a subject that is as wide as the card."""
    assert choice.subject is not None
    side = _find_free(choice.subject, photo, size)
    name = (
        "side" if side else "band" if is_broad(choice.subject) and _fits_band(choice.subject, photo, size) else "split"
    )
    if not _has_sides(size):
        name = "split"
    elif find_longest(content) > LONG_WORD and name != "band":
        name = "band" if _fits_band(choice.subject, photo, size) else "framed"
    elif find_longest(content) > SIDE_WORD and name == "side":
        name, side = "split", ""
    return replace(choice, layout=design.layouts[name], side=side or "bottom")


def _fits_band(subject: Subject, photo: Photo, size: Size) -> bool:
    """Whether it is so low that a band shows nearly all of it: no band beheads anybody."""
    share = size[1] * BAND * photo.width / (size[0] * photo.height)
    return photo.width > photo.height * WIDE and is_low(subject, share)


def _find_free(subject: Subject, photo: Photo, size: Size) -> str:
    """The side of a photo, filling the card, that words may have; "" where there is none."""
    whole = (photo.width, photo.height)
    window = choose_window(whole, size, subject=subject.focus, clear=(0.5, 0.5))
    return find_side(subject, window.share_of(whole))


def describe(choice: Choice, content: CardContent, design: Design, photo: Photo | None) -> Shown:
    """What a layout may know."""
    logo = design.logo or design.logo_dark
    ground = find_ground(photo.image) if photo is not None and choice.kind is not Kind.PHOTO else None
    sides = {"left": "end", "right": "start"} if content.direction == "rtl" else {"left": "start", "right": "end"}
    return Shown(
        has_photo=photo is not None,
        photo_ratio=photo.width / photo.height if photo is not None else 1.5,
        photo_kind=choice.kind.value,
        photo_is_dark=ground is not None and is_dark(ground),
        free=sides.get(choice.side, "bottom"),
        has_logo=logo is not None,
        logo_ratio=logo.width / logo.height if logo is not None else 1.0,
    )


# --- What is wrong with how a card shows its picture: judged from where things stand, after all was placed ---

MOST_CUT = 0.7
"""Of a picture: a card that leaves away more of it shows another picture."""
ENLARGED = 1.5
"""Times: from here on softness is seen."""
MOST_COVERED = 0.5
"""Of the subject: so much of it under words is too much."""


class Flaw(StrEnum):
    ENLARGED = "enlarged"
    BLURRED = "blurred"
    WORDS_OVER_TEXT = "words over text"
    DECLARED = "text cropped or under words, since the author calls it a photo"
    CUT = "cut"
    SUBJECT_COVERED = "subject covered"


@dataclass(frozen=True, slots=True)
class Fault:
    """One flaw; `amount` is how many times enlarged, or which share is cut or covered."""

    flaw: Flaw
    amount: float = 0.0


def judge_picture(placed: Sequence[Placed], photo: Photo | None, choice: Choice) -> tuple[Fault, ...]:
    """All faults of the picture that a card shows."""
    if photo is None:
        return ()
    found: list[Fault] = []
    for at, one in enumerate(placed):
        if one.box.kind == "image":
            found += _judge(one, placed[at + 1 :], photo, choice)
    return tuple(found)


def find_cover(placed: Sequence[Placed], photo: Photo, subject: Subject | None) -> float:
    """Which share of the photo's subject lies under words."""
    covered = [0.0]
    for at, one in enumerate(placed):
        words = _find_words(one, placed[at + 1 :]) if one.box.kind == "image" and one.box.fit == "fill" else []
        if words and subject is not None:
            covered.append(_cover(one, words, photo, subject))
    return max(covered)


def find_shaded(placed: Sequence[Placed], photo: Photo, subject: Subject | None) -> float:
    """Which share of the photo's subject is as far down as words are, and so under the scrim of a cover."""
    if subject is None:
        return 0.0
    shares = [0.0]
    for at, one in enumerate(placed):
        words = _find_words(one, placed[at + 1 :]) if one.box.kind == "image" and one.box.fit == "fill" else []
        if subject.is_light:  # it shines above letters, and beside a badge, which has no scrim
            words = [other.letters for other in placed[at + 1 :] if other.block is not None and not other.box.fill]
        if words:
            top = min(rect.y for rect in words)
            below = Rect(one.rect.x, top, one.rect.width, one.rect.bottom - top)
            shares.append(_cover(one, [below], photo, subject))
    return max(shares)


def _find_words(image: Placed, above: Sequence[Placed]) -> list[Rect]:
    """Of a badge all of it: it covers what lies under it."""
    places = [one.rect if one.box.fill else one.ink for one in above if one.block is not None]
    return [place for place in places if place.meets(image.rect)]


def _judge(image: Placed, above: Sequence[Placed], photo: Photo, choice: Choice) -> list[Fault]:
    words = _find_words(image, above)
    found = [Fault(Flaw.WORDS_OVER_TEXT)] if words and choice.kind is Kind.TEXT else []
    if image.box.fit == "whole":
        return [*found, Fault(Flaw.CUT, 1 - photo.kept)] if 1 - photo.kept > MOST_CUT else found
    if choice.is_declared and choice.kind is Kind.PHOTO and find_kind(photo) is Kind.TEXT:
        found.append(Fault(Flaw.DECLARED))
    scale = max(image.rect.width / photo.width, image.rect.height / photo.height)
    if scale > MAX_ENLARGED:
        return [*found, Fault(Flaw.BLURRED, scale)]
    if scale > ENLARGED:
        found.append(Fault(Flaw.ENLARGED, scale))
    cut = 1 - image.rect.width * image.rect.height / (photo.width * photo.height * scale * scale)
    if cut > MOST_CUT:
        found.append(Fault(Flaw.CUT, cut))
    covered = _cover(image, words, photo, choice.subject) if words and choice.subject else 0.0
    if covered > MOST_COVERED:
        found.append(Fault(Flaw.SUBJECT_COVERED, covered))
    return found


def _cover(image: Placed, words: Sequence[Rect], photo: Photo, subject: Subject) -> float:
    """Which share of the subject lies under words."""
    size, frame = (photo.width, photo.height), image.rect
    clear = find_clear(frame.y, frame.height, [rect.y for rect in words])
    window = choose_window(size, (round(frame.width), round(frame.height)), subject=subject.focus, clear=clear)
    shares = [
        (
            (rect.x - frame.x) / frame.width,
            (rect.y - frame.y) / frame.height,
            (rect.right - frame.x) / frame.width,
            (rect.bottom - frame.y) / frame.height,
        )
        for rect in words
    ]
    return cover_of_subject(subject, window.share_of(size), shares)
