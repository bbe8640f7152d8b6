"""What cards are made of, and what they are drawn with: layouts, fonts, and photos that another process decodes."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from syndicate.cards import ONLY_JPEG, CardContent, card_key, digest_design, list_layout_names, make_content
from syndicate.fonts import digest_fonts, find_drawing_fonts, find_fonts
from syndicate.model import CardRules, Identified, Limits, PictureFacts, Post, Settings, fingerprint
from syndicate.pictures import FoundPicture
from syndicate.processes import MOST_SHARED, Fenced, NoProcess, Process, count_cores, count_others
from syndicate.publish.manifest import name_of

if TYPE_CHECKING:
    from syndicate.cards.design import Design
    from syndicate.cards.draw import Drawing
    from syndicate.cards.photo import Photo
    from syndicate.typeset import FontSet

# ruff: noqa: PLC0415 - Pillow and HarfBuzz take a fifth of a second to load, and mostly only other processes need them

AT_ONCE = 32
"""Cards held in memory together."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Job:
    """A card that must exist: of a post, in a size, with what is known of its picture."""

    one: Identified
    frame: str
    picture: FoundPicture
    fingerprint: str

    @property
    def name(self) -> str:
        return name_of(self.one.id, self.frame)

    @property
    def slug(self) -> str:
        return self.one.post.slug

    @property
    def pixels(self) -> tuple[int, int]:
        return parse_frame(self.frame)


def _tell(post: Post) -> str:
    """Everything of a post that a card may show, by its digest and by what that leaves out."""
    picture = (post.picture.focus, post.picture.kind) if post.picture else None
    shown = f"{post.title_code} {post.slug} {post.published_at} {post.reading_minutes} {post.length}"
    return f"{post.digest} {shown} {picture} {post.source}"


def batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    """As many at once as memory shall hold."""
    rest = iter(items)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def parse_frame(frame: str) -> tuple[int, int]:
    """ "1200x630" → pixels."""
    width, _, height = frame.partition("x")
    return int(width), int(height)


# --- what cards are drawn with: layouts and fonts. Their digests are cheap; they are loaded when something is drawn ---


def suit_networks(rules: CardRules, limits: Iterable[Limits]) -> CardRules:
    """The rules under which every account takes the cards: a JPEG where one takes no PNG, and not too many bytes."""
    known = tuple(limits)
    takes_png = all("image/png" in one.image_types for one in known)
    max_bytes = min([rules.max_bytes, *(one.image_bytes for one in known)])
    return replace(rules, format=rules.format if takes_png else ONLY_JPEG, max_bytes=max_bytes)


class CardRenderer:
    """Says of which cards a site is made, and draws them. Threads may share it once `open` was called."""

    def __init__(self, settings: Settings, read_template: Callable[[str], str]) -> None:
        self._settings, self._rules, self._root = settings, settings.cards, settings.root
        self._read_template = read_template
        self._fonts: FontSet | None = None
        self.decoder = Decoder()

    def list_jobs(self, posts: Sequence[Identified], found: Mapping[str, FoundPicture]) -> Iterator[Job]:
        """A job for each post in each size; `found` is by picture URL."""
        site, frames = self._settings.site, self._settings.cards.sizes
        house = f"{site.title}\0{site.timezone}\0{site.language}\0{site.authors}"
        common = {frame: f"{self._make_key(CardContent(title=''), '', frame)} {house}" for frame in frames}
        for one in posts:
            picture = found[one.post.picture.url] if one.post.picture else FoundPicture(url="")
            own = f"{_tell(one.post)} {picture.digest}"
            for frame in frames:
                yield Job(one, frame, picture, fingerprint(own, common[frame]))

    def make_words(self, job: Job) -> CardContent:
        """What the card says."""
        return make_content(job.one.post, self._settings.site)

    def make_key(self, job: Job) -> str:
        """What shapes its picture: the slower question, for a post that changed somewhere."""
        return self._make_key(self.make_words(job), job.picture.digest, job.frame)

    def _make_key(self, content: CardContent, picture: str, frame: str) -> str:
        return card_key(
            content,
            design_digest=self.design_digest,
            fonts_digest=self.fonts_digest,
            picture=picture,
            size=parse_frame(frame),
        )

    @cached_property
    def design_digest(self) -> str:
        return digest_design(self._rules, self._layouts, *self._logos)

    @cached_property
    def fonts_digest(self) -> str:
        return digest_fonts(self._rules, self._root)

    def open(self, text: str) -> None:
        """Load the layouts, and the fonts that can write `text`."""
        self.design  # noqa: B018 - compiled here, before threads ask for it
        self._fonts = find_fonts(self._rules, self._root, text=text)

    def draw(self, content: CardContent, photo: bytes | None, size: tuple[int, int]) -> Drawing:
        from syndicate.cards.draw import draw_card

        if self._fonts is None:
            self.open(content.title)
        assert self._fonts is not None
        return draw_card(
            content, design=self.design, fonts=self._fonts, photo=photo, size=size, decode=self.decoder.decode
        )

    @cached_property
    def design(self) -> Design:
        from syndicate.cards.parse import parse_design

        logo, logo_dark = self._logos
        return parse_design(self._rules, self._layouts, logo=logo, logo_dark=logo_dark)

    @cached_property
    def files(self) -> dict[str, str]:
        """The texts of the layouts by path, as `read_template` gave them."""
        paths = (f"cards/{name}.toml" for name in list_layout_names(self._rules))
        return {path: self._read_template(path) for path in paths}

    @property
    def _layouts(self) -> dict[str, str]:
        return {path.removeprefix("cards/").removesuffix(".toml"): text for path, text in self.files.items()}

    @cached_property
    def _logos(self) -> tuple[bytes, bytes]:
        """The logo, and the one for dark grounds."""
        paths = [Path(self._root, name) for name in (self._rules.logo, self._rules.logo_dark)]
        light, dark = (path.read_bytes() if path.is_file() else b"" for path in paths)
        return light, dark


# --- many cards on all cores: our own renderer, and one in each other process, since drawing letters is much Python ---

MANY = 150
"""Cards from which on another process is worth its start of some half a second."""

Order = tuple[CardContent, bytes | None, tuple[int, int]]
"""What to say, the photo, and the size in pixels."""
Draw = Callable[[Order], "Drawing"]
Given = tuple[Settings, Mapping[str, str], str]
"""The site, the texts of its layouts, and all letters."""
_Place = Process[Given, Order, "Drawing"] | None
"""A process, or None for ourselves."""


@contextmanager
def open_renderers(renderer: CardRenderer, settings: Settings, cards: int, text: str) -> Iterator[Draw]:
    """A way to draw that `count_cores()` threads may share; `text` is what the cards say.

    Pillow and HarfBuzz let go of the interpreter while they work, so a few cards are drawn by threads alone.
    """
    with ExitStack() as closing:
        closing.enter_context(renderer.decoder)
        free: SimpleQueue[_Place] = SimpleQueue()
        given: Given = (settings, renderer.files, text)
        for _ in range(count_others() if cards >= MANY else 0):
            free.put(closing.enter_context(Process(begin_drawing, given)))
        for _ in range(count_cores() - free.qsize()):
            free.put(None)

        def draw(order: Order) -> Drawing:
            place = free.get()
            try:
                return _ask(place, order) or renderer.draw(*order)
            finally:
                free.put(place)

        yield draw


def _ask(place: _Place, order: Order) -> Drawing | None:
    if place is None:
        return None
    place.give(order)
    return place.take()


def begin_drawing(given: Given) -> Draw:
    """What another process does for us: draw by the same layouts, with the same fonts."""
    settings, files, text = given
    renderer = CardRenderer(settings, lambda path: files[path])
    renderer.open(text)
    return lambda order: renderer.draw(*order)


# --- pictures are decoded by another process with little memory and time, since their makers may be strangers ---

PATIENCE = timedelta(seconds=20)
MEMORY = 165 * 1024 * 1024
"""What the decoder may fill: with the libraries that this takes, it has about 200 MB then."""
GAVE_UP = "its decoder gave up: too much memory or time, or a crash"

Size = tuple[int, int]
Question = tuple[bytes, Size | None]
"""The file, and the pixels that it must cover; None where only its facts are wanted."""


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A photo on its way between two processes."""

    size: Size
    pixels: pickle.PickleBuffer = field(repr=False)
    small_size: Size
    small: bytes = field(repr=False)
    width: int
    height: int
    profile: bytes = field(repr=False)
    is_cut_out: bool


Answer = _Decoded | PictureFacts | str
"""A string says why there is no picture."""


class Decoder:
    """Decodes pictures elsewhere. The process starts with the first one; threads may share it. Close it after use."""

    def __init__(self) -> None:
        self._fenced: Fenced[Question, Answer] = Fenced(begin_decoding, (b"", None), MEMORY, PATIENCE)

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, *exc: object) -> None:
        self._fenced.close()

    def decode(self, data: bytes, need: Size) -> Photo:
        """As `cards.photo.decode_photo`."""
        from syndicate.cards.photo import PhotoRefused, decode_photo

        try:
            found = self._fenced.ask((data, need), _unpack)
        except NoProcess:  # then here: worse than elsewhere, better than no pictures at all
            return decode_photo(data, need, find_drawing_fonts())
        if isinstance(found, str | None):
            raise PhotoRefused(found or GAVE_UP)
        return found

    def describe(self, data: bytes) -> tuple[PictureFacts | None, str]:
        """As `cards.photo.read_facts`."""
        from syndicate.cards.photo import read_facts

        try:
            found = self._fenced.ask((data, None), _take_facts)
        except NoProcess:
            return read_facts(data)
        return found or (None, GAVE_UP)


def begin_decoding(_given: None) -> Callable[[Question], Answer]:
    """What the other process does for us."""
    from PIL import AvifImagePlugin

    from syndicate.cards.pixels import keep_freed_memory

    keep_freed_memory()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each has a stack, and machines with many cores would have no room left
    return partial(_answer, find_drawing_fonts())  # 5 ms: not with every picture


def _answer(fonts: Sequence[str], question: Question) -> Answer:
    from syndicate.cards.photo import PhotoRefused, decode_photo, read_facts

    data, need = question
    if need is None:
        facts, reason = read_facts(data)
        return facts or reason
    try:
        photo = decode_photo(data, need, fonts)
    except PhotoRefused as error:
        if isinstance(error.__cause__, MemoryError):
            raise MemoryError from None  # noqa: TRY004 - and a fresh process may have enough
        return str(error)
    width, height = photo.image.size
    if width * height * len("RGBX") > MOST_SHARED:
        return f"{width}x{height} pixels are far too long and narrow"
    small = photo.small
    pixels = pickle.PickleBuffer(photo.image.tobytes("raw", "RGBX"))
    whole = photo.width, photo.height, photo.profile, photo.is_cut_out
    return _Decoded((width, height), pixels, small.size, small.tobytes(), *whole)


def _unpack(answer: Answer) -> Photo | str:
    """The photo, with its pixels copied out of the memory that both processes see."""
    from PIL import Image

    from syndicate.cards.photo import Photo

    if not isinstance(answer, _Decoded):
        return str(answer)
    image = Image.frombytes("RGB", answer.size, memoryview(answer.pixels), "raw", "RGBX")
    small = Image.frombytes("RGB", answer.small_size, answer.small)
    return Photo(image, small, answer.width, answer.height, answer.profile, answer.is_cut_out)


def _take_facts(answer: Answer) -> tuple[PictureFacts | None, str]:
    return (answer, "") if isinstance(answer, PictureFacts) else (None, str(answer))
