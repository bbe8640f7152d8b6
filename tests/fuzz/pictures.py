"""Pictures that began as real files of every format Pillow writes, decoded behind the fence."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from io import BytesIO

from hypothesis import strategies as st
from PIL import Image

from syndicate.cards.photo import PhotoRefused
from syndicate.publish.card_renderer import GAVE_UP, Decoder
from tests.fuzz.target import Check, Target, find_steering

_CARD = (1200, 630)
_FORMS = (
    ("JPEG", "RGB", {}), ("JPEG", "RGB", {"progressive": True, "quality": 95}), ("JPEG", "L", {}), ("JPEG", "CMYK", {}),
    ("PNG", "RGB", {}), ("PNG", "RGBA", {}), ("PNG", "P", {}), ("PNG", "1", {}), ("PNG", "I;16", {}), ("PNG", "LA", {}),
    ("GIF", "P", {}), ("GIF", "P", {"save_all": True}), ("WEBP", "RGB", {}), ("WEBP", "RGBA", {"lossless": True}),
    ("AVIF", "RGB", {"speed": 10}), ("AVIF", "RGBA", {"speed": 10}), ("TIFF", "RGB", {}), ("BMP", "RGB", {}), ("ICO", "RGB", {}),
    ("TGA", "RGB", {}), ("PPM", "RGB", {}), ("PCX", "RGB", {}), ("ICNS", "RGB", {}), ("DDS", "RGB", {}), ("JPEG2000", "RGB", {}),
)  # fmt: skip
_SIZES = ((160, 140), (1300, 700))


@cache
def _encode(form: int, size: tuple[int, int], is_rich: bool) -> bytes:
    """A real file, with EXIF and a colour profile where it is rich; a PNG where this Pillow does not write the format."""
    name, mode, options = _FORMS[form]
    image = Image.radial_gradient("L").resize(size)
    more: dict[str, object] = dict(options)
    if is_rich and name in {"JPEG", "PNG", "WEBP", "AVIF"}:
        exif = Image.Exif()
        exif[0x0112] = 6
        more |= {"exif": exif, "icc_profile": bytes(range(256)) * 4}
    if "save_all" in more:
        more["append_images"] = [image.rotate(90).convert(mode)]
    file = BytesIO()
    try:
        image.convert(mode).save(file, name, **more)
    except (OSError, KeyError, ValueError):
        image.convert("RGB").save(file, "PNG")
    return file.getvalue()


_places = st.integers(0, 2**31)
_NUMBERS = (
    *(b"\xff" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0" * 8),
    *(struct.pack(kind, value) for kind in (">H", "<H", ">I", "<I") for value in (0, 255, 256, 32767, 65535, 7000)),
)
_Change = Callable[[bytes], bytes]


def _put(data: bytes, at: int, new: bytes, old: int) -> bytes:
    at %= max(1, len(data))
    return data[:at] + new + data[at + old :]


_changes: st.SearchStrategy[_Change] = st.one_of(
    st.builds(lambda at, new: lambda data: _put(data, at, new, len(new)), _places, st.binary(min_size=1, max_size=6)),
    st.builds(lambda at, new: lambda data: _put(data, at % 64, new, len(new)), _places, st.sampled_from(_NUMBERS)),
    st.builds(lambda at, new: lambda data: _put(data, at, new, len(new)), _places, st.sampled_from(_NUMBERS)),
    st.builds(lambda at, new: lambda data: _put(data, at, new, 0), _places, st.binary(max_size=40)),
    st.builds(lambda at: lambda data: data[: at % max(1, len(data))], _places),
    st.builds(lambda at, size: lambda data: _put(data, at, b"", size), _places, st.integers(1, 400)),
    st.builds(
        lambda at, size, times: lambda data: _put(data, at, _slice(data, at, size) * times, 0),
        _places,
        st.integers(1, 300),
        st.integers(1, 60),
    ),
    st.builds(lambda at, to: lambda data: _put(data, at, _slice(data, to, 200), 200), _places, _places),
    st.just(lambda data: data + b"\0" * 100_000),
    st.just(lambda data: b"\0" + data),
)


def _slice(data: bytes, at: int, size: int) -> bytes:
    at %= max(1, len(data))
    return data[at : at + size]


def _mend_checksums(data: bytes) -> bytes:
    """A PNG whose chunks are whole again, so that what was changed is believed."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    out, at = [data[:8]], 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + size]
        out.append(data[at : at + 4] + body + zlib.crc32(body).to_bytes(4, "big"))
        at += 12 + size
        if size > len(data):
            break
    return b"".join(out)


def _mutate(form: int, size: tuple[int, int], is_rich: bool, changes: Sequence[_Change]) -> bytes:
    data = _encode(form, size, is_rich)
    for change in changes:
        data = change(data)[:2_000_000]
    return _mend_checksums(data)


@contextmanager
def open_decoder() -> Iterator[Check]:
    with Decoder() as decoder:

        def check(data: bytes) -> None:
            """Pixels, or a reason in one line; the decoder's process serves the next picture all the same."""
            try:
                photo = decoder.decode(data, _CARD)
            except PhotoRefused as error:
                told = str(error)
                assert told, "refused without a reason"
                assert len(told) < 300, "a reason too long"
                controls = find_steering(told)
                assert not controls, f"control characters in a reason: {controls!r}"
                assert told != GAVE_UP, "the decoder's process died"
            else:
                assert photo.image.mode == "RGB"
                assert photo.small.mode == "RGB"
                assert min(*photo.image.size, photo.width, photo.height) > 0
            facts, reason = decoder.describe(data)
            assert (facts is None) != (reason == "")

        yield check


PICTURES = Target(
    name="pictures",
    inputs=st.builds(
        _mutate, st.integers(0, len(_FORMS) - 1), st.sampled_from(_SIZES), st.booleans(), st.lists(_changes, max_size=5)
    ),
    open=open_decoder,
    longest=45,
    memory=700,
)
