"""Pictures are decoded elsewhere: the same pixels come back, and what kills a decoder costs that one picture."""

from __future__ import annotations

import random
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from syndicate.cards.photo import PhotoRefused, decode_photo, read_facts
from syndicate.publish.card_renderer import Decoder
from tests.cards import corpus

CARD = (1200, 630)
LIMIT = 200 * 1024 * 1024

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder() as decoder:
        yield decoder


def encode(form: str, size: tuple[int, int], mode: str = "RGB", **options: object) -> bytes:
    file = BytesIO()
    Image.new(mode, size, 90 if mode in {"L", "P"} else None).save(file, form, **options)
    return file.getvalue()


GOOD = {
    "jpeg": lambda: corpus.to_jpeg(corpus.small_photo()),
    "large jpeg": lambda: corpus.to_jpeg(corpus.draw_landscape(1600, 1067, seed=3)),
    "png": lambda: corpus.to_png(corpus.small_photo()),
    "palette png": lambda: corpus.to_png(corpus.small_photo().quantize(128)),
    "see-through png": lambda: corpus.to_png(corpus.see_through((20, 20, 30))),
    "webp": lambda: corpus.to_webp(corpus.small_photo()),
    "avif": lambda: corpus.save(corpus.small_photo(), "AVIF"),
    "heic": lambda: corpus.to_heic(corpus.small_photo()),
    "svg": lambda: corpus.svg('<circle r="90" cx="150" cy="100"/>'),
    "gif": corpus.animated,
    "turned jpeg": lambda: corpus.turned(6),
}


@pytest.mark.parametrize("name", GOOD)
def test_the_picture_is_the_same_as_if_it_were_decoded_here(decoder: Decoder, name: str) -> None:
    """Every pixel, the size, the small one and the facts."""
    data = GOOD[name]()
    there, here = decoder.decode(data, CARD), decode_photo(data, CARD)
    assert there.image.tobytes() == here.image.tobytes()
    assert there.small.tobytes() == here.small.tobytes()
    assert (there.width, there.height, there.profile) == (here.width, here.height, here.profile)
    assert decoder.describe(data) == read_facts(data)


def gif_with_a_frame_beyond_its_screen(side: int) -> bytes:
    """35 bytes that claim a screen of one pixel and a frame of very many."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + bytes(6)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02D\x01\0;"


HOSTILE = {
    "a gif's frame beyond its screen": lambda: gif_with_a_frame_beyond_its_screen(65_535),
    "a webp of 49 megapixels": lambda: encode("WEBP", (7000, 7000), lossless=True),
    "a png of 49 megapixels": lambda: encode("PNG", (7000, 7000)),
    "an avif of 40 megapixels": lambda: encode("AVIF", (7000, 5700), speed=10),
    "a long and narrow jpeg": lambda: encode("JPEG", (65_000, 1500)),
    "a long and narrow png": lambda: encode("PNG", (45_000, 640)),
}


def peak_of(decoder: Decoder) -> int:
    """The most memory that its process ever had, in bytes."""
    process = decoder._fenced._process
    assert process
    assert process._other
    status = Path(f"/proc/{process._other.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_fill_the_memory_is_refused_within_it(name: str) -> None:
    """The picture is lost, the process stays under its limit and decodes the next one."""
    with Decoder() as decoder:
        with pytest.raises(PhotoRefused):
            decoder.decode(HOSTILE[name](), CARD)
        assert decoder.decode(GOOD["png"](), CARD).width == 640
        assert peak_of(decoder) < LIMIT


LARGE = {
    "a webp of 12 megapixels": lambda: encode("WEBP", (4000, 3000), quality=50, method=0),
    "a heic of 12 megapixels": lambda: corpus.to_heic(Image.new("RGB", (4000, 3000))),
    "an avif of 12 megapixels": lambda: encode("AVIF", (4000, 3000), speed=10),
    "a see-through png of 30 megapixels": lambda: encode("PNG", (6000, 4990), "RGBA", compress_level=1),
    "a grey png of 49 megapixels": lambda: encode("PNG", (7000, 7000), "L", compress_level=1),
    "a progressive jpeg of 24 megapixels": lambda: encode("JPEG", (6000, 4000), progressive=True, quality=95),
}


@pytest.mark.skipif(sys.platform != "linux", reason="others do not tell")
@pytest.mark.parametrize("name", LARGE)
def test_large_pictures_of_cameras_fit_into_the_memory(name: str) -> None:
    """They come back smaller, as a card needs them, and their process stays under its limit."""
    with Decoder() as decoder:
        photo = decoder.decode(LARGE[name](), CARD)
        assert photo.image.width < 3000 < photo.width
        assert peak_of(decoder) < LIMIT


@pytest.mark.parametrize("size", [(160, 65_280), (65_280, 160)])
def test_a_strip_is_decoded_with_a_small_impression(decoder: Decoder, size: tuple[int, int]) -> None:
    """A strip of paper, a panorama; see-through, too."""
    for more in ({}, {"transparency": 0}):
        photo = decoder.decode(encode("GIF", size, "P", **more), CARD)
        assert photo.image.size == size
        assert max(photo.small.size) <= 410


def png_of_many_comments() -> bytes:
    """Chunks without end before the pixels."""
    chunk = b"tEXta\0b"
    chunk = struct.pack(">I", 3) + chunk + struct.pack(">I", zlib.crc32(chunk))
    plain = GOOD["png"]()
    return plain[:33] + chunk * 100_000 + plain[33:]


def gif_of_many_comments() -> bytes:
    """Blocks of one byte each, which Pillow joins one by one."""
    plain = corpus.animated()
    return plain[:13] + (b"!\xfe" + b"\x01x" * 400_000 + b"\0") + plain[13:]


@pytest.mark.parametrize("make", [png_of_many_comments, gif_of_many_comments])
def test_endless_comments_end(decoder: Decoder, make: object) -> None:
    """In a picture or in a refusal, of which the next one notices nothing."""
    decoder.describe(make())  # type: ignore[operator]
    assert decoder.describe(GOOD["png"]())[0]


@pytest.mark.parametrize("name", GOOD)
def test_no_mutation_of_a_file_costs_more_than_its_picture(decoder: Decoder, name: str) -> None:
    """Bytes changed, cut, doubled and moved: a photo or a refusal; nothing else, and the next is decoded."""
    chance, data = random.Random(name), GOOD[name]()
    for _ in range(40):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(min(len(changed), 600)) if chance.random() < 0.7 else chance.randrange(len(changed))
            changed[at : at + chance.choice((1, 1, 1, 0, 4))] = chance.randbytes(chance.choice((1, 1, 4, 40)))
        with suppress(PhotoRefused):
            assert decoder.decode(bytes(changed), CARD).image.mode == "RGB"
    assert decoder.decode(data, CARD).image.mode == "RGB"


def test_where_no_process_can_be_had_pictures_are_decoded_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody loses pictures because a system allows no processes."""
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Decoder() as decoder:
        assert decoder.decode(GOOD["jpeg"](), CARD).width == 640
        assert decoder.describe(GOOD["jpeg"]())[0]
