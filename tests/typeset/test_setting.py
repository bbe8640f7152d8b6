"""Laying out and fitting: what every text and every column may rely on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.typeset import FontSet, TextBlock, fit_text
from syndicate.typeset.characters import split_clusters

ALPHABET = (
    "abcxyz ABC.,;:!?-–—'\"()[]… \u00a0\u00ad\u200b\u2060\n0123%$€éßñΩλжЯ"
    "字あァー、。「」한국ابتمحي؟אבגדּาที่กนเम क्षि😀👩🏽‍🚀🇯🇵❤️\u0301\u200d\u202e\u2067\u2069"
)
TEXTS = st.text(st.sampled_from(ALPHABET), max_size=60) | st.text(max_size=25)
TITLES = {
    "en": "Share cards people would choose to click — sixty characters!",
    "ru": "Съешь же ещё этих мягких французских булок, да выпей чаю",
    "ja": "機械学習で書かれた文章は、なぜ「人間らしく」見えるのでしょうか。",
    "ko": "한국어 제목은 단어 단위로 줄바꿈하는 것이 읽기 좋습니다",
    "ar": "لماذا تنجح بطاقات المشاركة الجيدة في جذب القراء عام 2025؟",
    "he": "למה כרטיסי שיתוף טובים מושכים קוראים בשנת 2025?",
    "hi": "अच्छे साझा कार्ड पाठकों को क्यों आकर्षित करते हैं?",
    "th": "ทำไมการ์ดแชร์ที่ดีจึงดึงดูดผู้อ่านได้มากกว่าที่คุณคิด",
}


def lay(text: str, fonts: FontSet, **changes: object) -> TextBlock:
    wanted: dict[str, object] = {"family": "Inter", "weight": 700, "sizes": (64,), "max_width": 900, "max_lines": 3}
    return fit_text(text, fonts=fonts, **(wanted | changes))  # type: ignore[arg-type]


PARTED = {ord("\u200b"): None, ord("\u00ad"): None, ord("\u00a0"): " ", ord("\u202f"): " "}
"""What long words may be given, and the spaces at which they may be parted then."""


def visible(text: str) -> str:
    return "".join(text.split())


@given(
    text=TEXTS,
    width=st.integers(60, 900),
    most=st.integers(1, 4),
    language=st.sampled_from(["", "ja", "ko", "ar", "zh-Hant"]),
)
def test_any_text_fits_its_column(fonts: FontSet, text: str, width: int, most: int, language: str) -> None:
    """No line is wider than the column unless it is a single cluster, and no line is too many."""
    block = lay(text, fonts, max_width=width, max_lines=most, language=language)
    for line in block.lines:
        assert line.width <= width + 0.01 or len(split_clusters(line.text)) <= 1
    assert len(block.lines) <= most
    assert block.width == max(line.width for line in block.lines)


@given(text=TEXTS, width=st.integers(60, 900), most=st.integers(1, 4))
def test_nothing_is_lost_but_behind_an_ellipsis(fonts: FontSet, text: str, width: int, most: int) -> None:
    """The lines joined are the text up to spaces; a cut text is a beginning of it that ends between clusters."""
    block = lay(text, fonts, max_width=width, max_lines=most)
    drawn = visible("".join(line.text for line in block.lines))
    assert drawn == visible(block.text)
    if not block.is_truncated:
        assert block.text.translate(PARTED) == text.strip().translate(PARTED)
        return
    kept = block.text.removesuffix("…")
    assert text.strip().startswith(kept)
    assert len(kept) in {0, *split_clusters(text.strip())}


@pytest.mark.parametrize("language", TITLES)
def test_titles_in_many_scripts(fonts: FontSet, language: str) -> None:
    """A title in any script fits three lines, whole, with a glyph for every letter."""
    block = lay(TITLES[language], fonts, language=language)
    assert block.missing == ()
    assert 2 <= len(block.lines) <= 3
    assert not block.is_truncated
    assert not block.tears_words
    assert all(glyph.id for line in block.lines for run in line.runs for glyph in run.glyphs)


def test_lines_are_balanced(fonts: FontSet) -> None:
    """Balancing evens lines out without adding one."""
    text = "The quick brown fox jumps over a dog"
    even, greedy = lay(text, fonts), lay(text, fonts, balance=False)
    assert len(even.lines) == len(greedy.lines) == 2
    spread = [max(widths) - min(widths) for widths in ([line.width for line in b.lines] for b in (even, greedy))]
    assert spread[0] < spread[1] / 2


def test_a_newline_ends_a_line(fonts: FontSet) -> None:
    """The author's own line ends are kept."""
    assert [line.text for line in lay("One\nTwo three", fonts).lines] == ["One", "Two three"]


def test_shrinks_before_it_cuts(fonts: FontSet) -> None:
    """The largest size at which all words stand is taken; only the smallest is cut."""
    fits = fit_text(
        "Incomprehensibilities of typography",
        sizes=(120, 90, 60, 40),
        fonts=fonts,
        family="Inter",
        max_width=700,
        max_lines=2,
    )
    assert (fits.size_px, fits.is_truncated, fits.tears_words) == (60, False, False)
    cut = fit_text("word " * 60, sizes=(60, 40), fonts=fonts, family="Inter", max_width=700, max_lines=2)
    assert (cut.size_px, cut.is_truncated) == (40, True)


def test_a_word_wider_than_the_column_is_torn_where_no_size_helps(fonts: FontSet) -> None:
    """Shrinking comes before tearing a word, tearing before an ellipsis; what must be torn is torn large."""
    torn = fit_text("W" * 40, sizes=(90, 60, 40), fonts=fonts, family="Inter", max_width=900, max_lines=3)
    assert (torn.size_px, torn.tears_words, torn.is_truncated) == (60, True, False)
    whole = fit_text("W" * 20, sizes=(90, 60, 40), fonts=fonts, family="Inter", max_width=900, max_lines=3)
    assert (whole.size_px, whole.tears_words) == (40, False)


def test_an_ellipsis_follows_a_whole_word(fonts: FontSet) -> None:
    """The cut goes back to the end of a word, without the comma before it."""
    block = lay("one two three, four five six seven eight", fonts, max_width=520, max_lines=1)
    assert block.text == "one two three…"


def test_an_ellipsis_never_parts_a_cluster(fonts: FontSet) -> None:
    """A family emoji is kept or left out, never halved."""
    family = "👨‍👩‍👧‍👦"
    block = lay(family * 20, fonts, max_width=500, max_lines=1)
    assert block.text == family * block.text.count("👨") + "…"


def test_a_soft_hyphen_shows_where_a_line_ends(fonts: FontSet) -> None:
    """A hyphen is drawn at the end of a line only."""
    block = lay("Donau\u00addampf\u00adschiff\u00adfahrt", fonts, max_width=420)
    shown = [len(line.runs[-1].glyphs) - len(line.text.replace("\u00ad", "")) for line in block.lines]
    assert len(block.lines) == 2
    assert shown == [1, 0]


def test_a_word_that_no_size_can_hold_is_parted_where_it_may_be(fonts: FontSet) -> None:
    """A name without a hyphen, another word with one, each as large as it fits then; what fits whole is left whole."""
    name = lay("very_long_snake_case_identifier_name", fonts, max_width=600)
    word = lay("Rindfleischetikettierungsüberwachung", fonts, max_width=600)
    assert all(line.text.endswith("_\u200b") for line in name.lines[:-1])
    assert all(line.text.endswith("\u00ad") for line in word.lines[:-1])
    assert not name.tears_words
    assert not word.tears_words
    assert len(lay("Rindfleischetikettierungsüberwachung", fonts, max_width=2000).lines) == 1


def test_a_word_that_only_small_type_holds_whole_is_parted_where_that_is_asked_for(fonts: FontSet) -> None:
    """Larger in two lines; where lines are too many but no word is too long, nothing is parted."""
    word = "Donaudampfschifffahrtsgesellschaft"
    sizes = {least: lay(word, fonts, sizes=(40, 30, 20), max_width=450, whole_from=least).size_px for least in (0, 30)}
    assert sizes == {0: 20, 30: 40}
    many = lay("one two three four five six seven eight nine", fonts, sizes=(40, 20), max_width=300, whole_from=40)
    assert (many.size_px, many.text) == (20, "one two three four five six seven eight nine")


def test_spaces_that_keep_a_whole_title_together_part_it_before_words_are_torn(fonts: FontSet) -> None:
    """A title copied with no-break spaces alone has lines of whole words; where few of them fit, they stay."""
    words = ["Prix", ":", "12", "000", "€", "pour", "un", "serveur", "qui", "ne", "dort", "jamais"]
    glued = lay("\u00a0".join(words), fonts, max_width=420, max_lines=4)
    assert [word for line in glued.lines for word in line.text.split()] == words
    assert not glued.tears_words
    few = lay("Un titre et sa suite\u00a0: la fin", fonts, max_width=420)
    assert any("suite\u00a0:" in line.text for line in few.lines)


def test_an_option_keeps_its_hyphens(fonts: FontSet) -> None:
    """No line ends in the hyphens with which a word begins."""
    for width in range(360, 800, 20):
        lines = lay("Why git push --force-with-lease beats -f", fonts, max_width=width, max_lines=5).lines
        assert not [line.text for line in lines if line.text.rstrip().endswith((" -", "--")) or line.text == "-"]


def test_code_that_no_size_can_hold_is_parted_at_its_signs(fonts: FontSet) -> None:
    """Never with a hyphen, and each part has its ground; code that fits stays whole."""
    text = "How `my_very_long_function_name` broke".replace("`", "")
    for width, whole in ((520, False), (900, True)):
        block = lay(text, fonts, max_width=width, code=((4, 30),), code_family="JetBrains Mono")
        lines = [line.text.strip(" \u200b") for line in block.lines]
        assert any("my_very_long_function_name" in line for line in lines) == whole
        assert all(line.endswith(("_", "How", "name", "broke")) for line in lines)
        assert len(block.code) == sum("_" in line or "name" in line for line in lines)


@pytest.mark.parametrize(
    ("align", "text", "lefts"),
    [
        ("start", "a long line\nshort", "LL"),
        ("start", "שורה ארוכה מאוד\nקצר", "RR"),
        ("end", "a long line\nshort", "RR"),
        ("right", "a long line\nshort", "RR"),
        ("left", "שורה ארוכה מאוד\nקצר", "LL"),
        ("centre", "a long line\nshort", "CC"),
    ],
)
def test_alignment(fonts: FontSet, align: str, text: str, lefts: str) -> None:
    """Start and end follow the direction of the text."""
    block = lay(text, fonts, align=align)
    for line, place in zip(block.lines, lefts, strict=True):
        room = block.width - line.width
        assert line.x == {"L": 0.0, "R": room, "C": room / 2}[place]


def test_a_right_to_left_line_reads_from_the_right(fonts: FontSet) -> None:
    """The first word of a Hebrew title is drawn last, Latin words within it run right."""
    runs = lay("שלום Go Lang עולם", fonts).lines[0].runs
    assert [run.start for run in runs] == sorted((run.start for run in runs), reverse=True)
    latin = next(run for run in runs if run.piece.level == 2)
    assert [glyph.cluster for glyph in latin.glyphs] == sorted(glyph.cluster for glyph in latin.glyphs)


def test_stacked_marks_move_lines_apart(fonts: FontSet) -> None:
    """Lines with marks above and below stand further apart than plain ones, so that no ink meets."""
    plain, stacked = lay("xxxx\nxxxx", fonts, line_height=0.8), lay("ปู่ญฺ\nปู่ญฺ", fonts, line_height=0.8)
    near, far = (block.lines[1].baseline - block.lines[0].baseline for block in (plain, stacked))
    assert near == 51
    assert far > near


def test_measures_are_consistent(fonts: FontSet) -> None:
    """Baselines are whole pixels inside the block, a line apart."""
    block = lay(TITLES["en"], fonts)
    first, second, third = (line.baseline for line in block.lines)
    assert second - first == third - second
    assert first == int(first)
    assert 0 < block.height - third < second - first


def test_tracking_widens_letters_but_not_joined_scripts(fonts: FontSet) -> None:
    """Letter spacing adds the same to every letter; Arabic stays joined."""
    latin = lay("abcd", fonts, tracking=0.1).width - lay("abcd", fonts).width
    assert latin == pytest.approx(4 * 6.4)
    assert lay("سلام", fonts, tracking=0.1).width == lay("سلام", fonts).width


def test_tracked_text_forms_no_ligatures(fonts: FontSet) -> None:
    """Source Serif joins f and i; set apart they stay two letters."""
    joined, apart = (lay("fi", fonts, family="Source Serif 4", tracking=by) for by in (0.0, 0.05))
    assert [len(block.lines[0].runs[0].glyphs) for block in (joined, apart)] == [1, 2]


def test_empty_text_is_an_empty_line(fonts: FontSet) -> None:
    """No text is a block of one line without width."""
    block = lay("  ", fonts)
    assert (block.width, len(block.lines), block.missing) == (0.0, 1, ())


def test_no_fonts_at_all() -> None:
    """Without any font everything is reported missing and nothing fails."""
    block = lay("ab", FontSet(()))
    assert [missing.cluster for missing in block.missing] == ["a", "b"]


@pytest.mark.slow
def test_a_whole_book_as_a_title_is_cut_first(fonts: FontSet) -> None:
    """Only the beginning of an endless text is looked at; what is shown ends in an ellipsis."""
    block = lay("word " * 100_000, fonts, sizes=(8,), max_lines=200)
    assert block.is_truncated
    assert block.text.endswith("…")
    assert len(block.text) <= 2_000


def test_a_column_without_width(fonts: FontSet) -> None:
    """Nothing fits and nothing fails: every cluster has its line."""
    assert [line.text for line in lay("abc", fonts, max_width=0).lines] == ["a", "b", "c"]
