"""Front matter in three syntaxes: values, body, true lines of what is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.content.front import find_conflict, parse_front
from syndicate.errors import ContentError

VALUES = {"title": "A", "tags": ["b", "c"], "draft": False}


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: A\ntags: [b, c]\ndraft: false\n---\nBody",
        "---yaml\ntitle: A\ntags:\n- b\n- c\ndraft: false\n...\nBody",
        "\n\n---   \ntitle: A\ntags: [b, c]\ndraft: false\n---\n\n\nBody\n\n",
        '+++\ntitle = "A"\ntags = ["b", "c"]\ndraft = false\n+++\nBody',
        '---toml\ntitle = "A"\ntags = ["b", "c"]\ndraft = false\n---\nBody',
        '{"title": "A", "tags": ["b", "c"], "draft": false}\nBody',
        ';;;\n{"title": "A", "tags": ["b", "c"], "draft": false}\n;;;\nBody',
        '---json\n{"title": "A", "tags": ["b", "c"], "draft": false}\n---\nBody',
    ],
)
def test_every_syntax_gives_the_same_values(text: str) -> None:
    """YAML, TOML and JSON front matter say the same."""
    front = parse_front(text, "a.md")
    assert front.values == VALUES
    assert front.body == "Body"
    assert text.split("\n")[front.body_line - 1] == "Body"


@pytest.mark.parametrize(
    "text", ["Just words", "# A heading\n\n---\n\na rule", "{{< shortcode >}}", "{: .class}", "--- no"]
)
def test_text_without_front_matter_is_all_body(text: str) -> None:
    """A rule, a shortcode or a brace is no front matter."""
    front = parse_front(text, "a.md")
    assert (dict(front.values), front.body) == ({}, text)


CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> branch\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"---\ntitle: A\n{CONFLICT}---\nBody", 3),
        (f"---\ntitle: A\n---\nBody\n\n{CONFLICT}", 6),
        (f"{CONFLICT}---\ntitle: A\n---\n", 1),
        (CONFLICT.replace("\n", "\r\n"), 1),
        ("<<<<<<< HEAD\n```sh\nls\n=======\ntheirs\n>>>>>>> branch\n", 1),
        (f"```\n{CONFLICT}```\n\n~~~ diff\n{CONFLICT}~~~\n", 0),
        (f"```\ncode\n```\n{CONFLICT}", 4),
        ("A heading\n=======\n\n<<<<<<< marks what git >>>>>>> wrote", 0),
        (">>>>>>> b\n=======\n<<<<<<< a\n", 0),
    ],
)
def test_a_merge_conflict_is_found_with_its_line(text: str, line: int) -> None:
    """Anywhere in the file, but for code that shows one."""
    assert find_conflict(text) == line


def test_yaml_is_version_1_2() -> None:
    """`yes`, dates, sexagesimals and octals are what YAML 1.2 says, not what YAML 1.1 made of them."""
    front = parse_front("---\na: yes\nb: 2025-03-18\nc: 12:30:45\nd: 010\ne: 1_000\nf: ~\n---\n", "a.md")
    assert front.values == {"a": "yes", "b": "2025-03-18", "c": "12:30:45", "d": 10, "e": "1_000", "f": None}


def test_a_body_that_begins_with_code_keeps_its_indentation() -> None:
    """Taking the front matter off does not turn an indented block into prose."""
    assert parse_front("---\na: b\n---\n\n    code\n", "a.md").body == "    code"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("---\ntitle: ok\nexcerpt: He said: hello\n---\n", 3, "colon"),
        ("\n\n---\ntitle: ok\nexcerpt: He said: hello\n---\n", 5, "colon"),
        ('---\ntitle: "open\nb: c\n---\n', 2, "quote"),
        ("---\ntitle: ok\na: @b\n---\n", 3, "quotes"),
        ("---\ntitle: ok\na: *b\n---\n", 3, r"\* or &"),
        ("---\ntitle: a\n\tb: c\n---\n", 2, "spaces"),
        ("---\n- a\n- b\n---\n", 1, "names and values"),
        ("---\ntitle: never ends\n", 1, "never ends"),
        ('+++\ntitle = "a"\nb = \n+++\n', 3, "TOML"),
        ('+++\ntitle = "a"\ntitle = "b"\n+++\n', 3, "TOML"),
        ('{"title": "a",\n "b": }\n', 2, "JSON"),
        (';;;\n{"title": "a",\n "b": }\n;;;\n', 3, "JSON"),
        ("---json\n[1]\n---\n", 1, "names and values"),
    ],
)
def test_broken_front_matter_names_its_line(text: str, line: int, words: str) -> None:
    """The error carries the line in the file and says what to do."""
    with pytest.raises(ContentError, match=words) as caught:
        parse_front(text, "a.md")
    assert caught.value.line == line
    assert caught.value.where == "a.md"


@pytest.mark.parametrize(
    "fm",
    [
        "- " * 50_000 + "a",
        "? " * 50_000 + "a",
        "a: " + "[" * 100_000,
        "a: " + "{b: " * 40 + "c" + "}" * 40,
        "\n".join(" " * n + "a:" for n in range(100)),
        "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*{'a' if n == 0 else f'b{n - 1}'}, *a]\n" for n in range(20)),
        "a: '" + "x" * 300_000 + "'",
    ],
    ids=["sequences", "keys", "brackets", "braces", "blocks", "bomb", "long"],
)
def test_front_matter_made_to_hurt_is_refused(fm: str) -> None:
    """Deep nesting and multiplying aliases are errors, never a crash of the YAML reader."""
    with pytest.raises(ContentError):
        parse_front(f"---\n{fm}\n---\nBody", "a.md")


@pytest.mark.parametrize(
    "text", ["{" + '"a":[' * 5000, "+++\na = " + "[" * 5000 + "\n+++\n", ";;;\n" + "[" * 5000 + "\n;;;\n"]
)
def test_deep_toml_and_json_are_refused(text: str) -> None:
    """Python's own readers run out of stack; that is a problem of the post, not of us."""
    with pytest.raises(ContentError):
        parse_front(text, "a.md")


def test_a_key_given_twice_is_told_with_both_lines() -> None:
    """The last one counts, as everywhere else, and the author hears of it."""
    front = parse_front("---\ntitle: a\nb: c\ntitle: d\nnest:\n  b: e\n---\n", "a.md")
    assert front.values["title"] == "d"
    assert [(problem.line, problem.key) for problem in front.problems] == [(4, "title")]
    assert "lines 2 and 4" in front.problems[0].message


def test_words_of_a_text_in_quotes_are_no_keys() -> None:
    """Such a text may go on at the margin, with a colon in each of two lines."""
    text = "---\na: 'One\nat last: x'\nb: 'Two\nat last: y'\na: z\n---\n"
    assert [problem.key for problem in parse_front(text, "a.md").problems] == ["a"]


def test_tags_and_strange_keys_are_plain_values() -> None:
    """A tag is no type of ours and runs nothing; keys are texts."""
    front = parse_front("---\na: !!python/object/apply:os.system ['x']\nb: !c d\n1: e\n? [f]\n: g\n---\n", "a.md")
    assert front.values == {"a": ["x"], "b": "d", "1": "e", "['f']": "g"}


def test_a_key_of_keys_of_keys_is_refused() -> None:
    """Written out, each level would double the one inside it: 146 letters took gigabytes."""
    deep = "{? " * 31 + "a" + "}" * 31
    with pytest.raises(ContentError, match=r"nested|table of tables|cannot be read"):
        parse_front(f"---\na: {deep}\n---\n", "a.md")


@pytest.mark.parametrize(
    "text",
    ['{"ti\\ud800tle": "a\\u0000b\\ufffe", "x\\udfff": true}', '---\n"ti\\x07tle": "a\\x00b\\uFFFE"\nx: true\n---\n'],
)
def test_escapes_smuggle_nothing_in(text: str) -> None:
    """Half surrogates and control characters that only an escape can write are gone from keys and values."""
    assert parse_front(text, "a.md").values == {"title": "ab", "x": True}


SYNTAX = st.text(alphabet="-+;{}[]&*!?:,\"'|>#%@`~ \n\tab1=.é", max_size=120)


@given(
    st.sampled_from(["---\n", "+++\n", ";;;\n", "{", "---json\n", ""]),
    SYNTAX,
    st.sampled_from(["\n---\n", "\n+++\n", "\n;;;\n", ""]),
)
def test_any_front_matter_is_read_or_refused(opening: str, text: str, closing: str) -> None:
    """Nothing but ContentError comes out of any text."""
    try:
        front = parse_front(opening + text + closing, "a.md")
    except ContentError:
        return
    assert all(isinstance(key, str) for key in front.values)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("+++\n" + ".".join("a" * 50_000) + " = 1\n+++\nb", "nested too deeply"),
        ("+++\na = {b = 1, " + '"c" . ' * 40 + "d = 1}\n+++\nb", "nested too deeply"),
        ("+++\n[" + ".".join("a" * 40) + "]\n+++\nb", "nested too deeply"),
        ("+++\ntitle = 0x" + "f" * 20_000 + "\n+++\nb", "number that is too large"),
        ('{"title": "' + "a" * 300_000 + '"}\nb', "longer than 256,000"),
        ("---\na: &a [x, x]\n" + "b: [*a, *a]\n" * 6 + "---\nb", "repeats too many anchors"),
        ("---\n" + "".join(" " * n + "a:\n" for n in range(40)) + "---\nb", "nested too deeply"),
    ],
)
def test_front_matter_has_limits(text: str, says: str) -> None:
    """Depth, length and size are refused before anything takes long over them, in words."""
    with pytest.raises(ContentError, match=says):
        parse_front(text, "a.md")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("---\n" + "a: 1\n" * 50_000 + "---\nb", 20),
        ("---\n" + 'a: "\na: "\n' * 20_000 + "---\nb", 20),
        ("Title: " + "x" * 4_000 + "\na" + " " * 250_000 + "\n\nb", 0),
    ],
    ids=["names", "quotes", "gaps"],
)
def test_names_of_values_are_found_in_one_walk(text: str, told: int) -> None:
    """One name again and again, and one that never ends, took ten minutes; twenty are told of."""
    assert len(parse_front(text, "a.md").problems) == told


def test_dots_in_a_value_are_no_deep_key() -> None:
    """Only what stands where a key may stand is one."""
    text = ".".join("a" * 100)
    assert parse_front(f'+++\na = "{text}"\nb = ["x", "{text}"]\n+++\nb', "a.md").values["a"] == text
