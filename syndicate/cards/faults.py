"""What is wrong with how a card shows its picture: judged from where things stand, after all was placed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from syndicate.cards.choose import Choice
from syndicate.cards.crop import MAX_ENLARGED, Subject, choose_window, cover_of_subject, find_clear
from syndicate.cards.kind import Kind, find_kind
from syndicate.cards.layout import Placed, Rect
from syndicate.cards.photo import Photo

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
        if words:
            top = min(rect.y for rect in words)
            below = Rect(one.rect.x, top, one.rect.width, one.rect.bottom - top)
            shares.append(_cover(one, [below], photo, subject))
    return max(shares)


def _find_words(image: Placed, above: Sequence[Placed]) -> list[Rect]:
    """Of a badge all of it: it covers what lies under it."""
    places = [one.rect if one.box.fill else one.ink for one in above if one.block is not None]
    return [place for place in places if _meets(place, image.rect)]


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


def _meets(one: Rect, other: Rect) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom
