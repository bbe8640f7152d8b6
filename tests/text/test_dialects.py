"""What only some programs read in Markdown becomes Markdown that all read, and what a person wrote stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.text.dialects import drop_dialect, open_notes
from syndicate.text.generator_code import MARK, GeneratorCode
from syndicate.text.shortcodes import drop_shortcodes


@pytest.mark.parametrize(
    ("written", "opened"),
    [
        (
            "!!! warning\n    a\n\n    ```\n      b\n    ```\nend",
            "> **Warning**\n>\n> a\n>\n> ```\n>   b\n> ```\n\nend",
        ),
        ('??? info "T"\n\n    a\n\nend', "> **T**\n>\n> a\n\n\nend"),
        ('=== "A"\n\n    ```\n    x\n    ```\n\nend', "**A**\n\n```\nx\n```\n\n\nend"),
        ('- a\n\n    !!! tip "T"\n        b', "- a\n\n\n    > **T**\n    >\n    > b\n"),
        ('!!! a "O"\n    !!! b "I"\n        c', "> **O**\n>\n> > **I**\n> >\n> > c\n"),
        ('!!! note ""\n\tab', "> ab\n"),
        ("/// note | T\na\n///", "**T**\n\na\n"),
        ('Wow\n!!! Regardez ici\nand "quoted"', 'Wow\n!!! Regardez ici\nand "quoted"'),
        ("Title\n===\na ??? b\n\n///", "Title\n===\na ??? b\n\n///"),
        ('    !!! note "code"\n        x', '    !!! note "code"\n        x'),
        ('```\n!!! note "x"\n    y\n```', '```\n!!! note "x"\n    y\n```'),
    ],
)
def test_a_note_is_a_quotation_and_no_code(written: str, opened: str) -> None:
    """Python-Markdown's notes and tabs lose the indentation that other programs take for code."""
    assert open_notes(written).removeprefix("\n") == opened


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("a.{.box}\n\nb\n{#x .y}\n\n- c {.d}\n\n## H {#i .c}", "a.\n\nb\n\n\n- c\n\n## H"),
        ("![a](b.png){width=50%} `c`{.r} **d**{.e} [f]{.g}", "![a](b.png) `c` **d** [f]"),
        ('{.x} in a text, up{job="a"}\nand div{.x} here', '{.x} in a text, up{job="a"}\nand div{.x} here'),
        ("::ul{.grid}\n- a\n::\n\n::::note[T]\nb\n::::", "\n- a\n\n\n\nb\n"),
        (':icon{name="a"} :badge[New]{.red} 10:30 a::b{c} https://a.example/:b{c}',
         "▢ New 10:30 a::b{c} https://a.example/:b{c}"),
        ('--8<-- "a.md"\n\n--8<--\n"b.md"\n--8<--\n\n:octicons-x-16:{ .a } b', "▢\n\n▢\n\nb"),
        ("[[Page|shown]] [[a/Page#b]] ![[a b.png|300]] ![[Note]]", "shown Page ![](<a b.png>) ▢"),
        ("_[[a/Page|shown]]_ [[a b]][^1]", "_shown_ a b[^1]"),
        ("[[nodiscard]] [[1]] a[[I]] [[ -f X ]]", "[[nodiscard]] [[1]] a[[I]] [[ -f X ]]"),
        ("> [!info]- My title\n> a\n\n> [!NOTE]\n> b", "> **My title**\n> \n> a\n\n> [!NOTE]\n> b"),
        ("<%= toc %> is text here", "<%= toc %> is text here"),
        ("{.raises.}\n- proc {.open.}", "{.raises.}\n- proc {.open.}"),
        ("> [!NOTE] a" + 30 * " long" + "\n> b", "> **Note**\n> \n> a" + 30 * " long" + "\n> b"),
        ("`{.a}` `[[A b]]` `:icon{a}`", "`{.a}` `[[A b]]` `:icon{a}`"),
    ],
)  # fmt: skip
def test_marks_go_and_text_stays(written: str, left: str) -> None:
    """Attributes and signs are taken away, what would have shown something is marked, code is never touched."""
    assert drop_shortcodes(written).replace(MARK, "▢") == left


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ('\\[caption id="a\\_1" width="3"\\]![a](b.jpg) Beans\\[/caption\\]', "![a](b.jpg) Beans"),
        ('[caption id="a"]<img src="/a.jpg"> Beans[/caption]', '<img src="/a.jpg"> Beans'),
        ('\\[gallery ids="1,2" columns="2"\\] a', " a"),
        ("[gallery]", ""),
        ("[embed]https://youtu.be/x[/embed]", "https://youtu.be/x"),
        ('[video width="6" mp4="https://x.example/a.mp4"][/video]', ""),
        ('\\[contact-form-7 id="1" title="Contact"\\]', ""),
        ("[video](a.html) [audio][1] a [gallery]", "[video](a.html) [audio][1] a [gallery]"),
        ("[embed](b.html)", "[embed](b.html)"),
        ("[caption x = y](c.html) `[caption a=b]`", "[caption x = y](c.html) `[caption a=b]`"),
    ],
)
def test_what_is_left_of_wordpress_goes(written: str, left: str) -> None:
    """Exporters leave its shortcodes, some with backslashes; what they enclose stays, as do links of such names."""
    assert drop_shortcodes(written) == left


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("a %%secret%% b", "a  b"),
        ("a\n\n%%\nsecret, 50% of it\n\nmore\n%%\n\nb", "a\n\n\n\nb"),
        ("%% todo %%", ""),
        ("100%% of a%%b%%c and %%%", "100%% of a%%b%%c and %%%"),
        ("a ==marked== b", "a <mark>marked</mark> b"),
        ("[[a/Self (S)|Selves (S)]], [[a/Self|The self.]], [[Self (S)]]", "Selves (S), The self., Self (S)"),
        ("[[using CC: opt(1)]] [[ -f a ]]", "[[using CC: opt(1)]] [[ -f a ]]"),
        ("a == b, c==d==e\n===", "a == b, c==d==e\n==="),
        ("Words. ^3fa9c1\n\nx ^2", "Words.\n\nx ^2"),
        ("`%%a%%` `==a==`", "`%%a%%` `==a==`"),
    ],
)
def test_what_a_vault_keeps_to_itself_goes(written: str, left: str) -> None:
    """Obsidian's comments and names of blocks; what is marked with a pen is marked for all."""
    assert drop_shortcodes(written) == left


@given(st.text(alphabet='!?=/ \n\t"`~:{}[].#-8<|>abA1%^', max_size=200))
def test_any_text_is_taken(text: str) -> None:
    """Marks that are never closed raise nothing."""
    assert isinstance(drop_dialect(open_notes(text), GeneratorCode()), str)
