"""write_back changes one key of a post and not a byte more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.content.write_back import add_syndication, write_syndication
from syndicate.errors import ContentError

A, B = "https://a.example/1", "https://b.example/2"

CASES = {
    "YAML gets a block at its end": (
        '---\ntitle: "T"  # mine\n---\nBody\n',
        f'---\ntitle: "T"  # mine\nsyndication:\n  - "{A}"\n---\nBody\n',
    ),
    "a list that is there grows": (
        f"---\nsyndication:\n  - {B}\ntitle: T\n---\nBody\n",
        f'---\nsyndication:\n  - "{B}"\n  - "{A}"\ntitle: T\n---\nBody\n',
    ),
    "a flow list too": (
        f"---\nsyndication: [{B}]\ntitle: T\n---\n",
        f'---\nsyndication:\n  - "{B}"\n  - "{A}"\ntitle: T\n---\n',
    ),
    "an unindented list too": (
        f"---\nsyndication:\n- {B}\ntitle: T\n---\n",
        f'---\nsyndication:\n  - "{B}"\n  - "{A}"\ntitle: T\n---\n',
    ),
    "line ends of Windows stay": (
        "---\r\ntitle: T\r\n---\r\nBody\r\n",
        f'---\r\ntitle: T\r\nsyndication:\r\n  - "{A}"\r\n---\r\nBody\r\n',
    ),
    "TOML gets it before the first table": (
        '+++\ntitle = "T"\n[extra]\nx = 1\n+++\nBody\n',
        f'+++\ntitle = "T"\nsyndication = ["{A}"]\n[extra]\nx = 1\n+++\nBody\n',
    ),
    "a byte order mark stays": (
        "\ufeff---\ntitle: T\n---\n",
        f'\ufeff---\ntitle: T\nsyndication:\n  - "{A}"\n---\n',
    ),
    "what is known already changes nothing": (
        f"---\nsyndication: {A}\ntitle: T\n---\n",
        f"---\nsyndication: {A}\ntitle: T\n---\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_only_the_key_changes(name):
    """Comments, quotes, order, line ends and body stay as the author wrote them."""
    before, after = CASES[name]
    assert add_syndication(before, [A]) == after


@given(st.text(alphabet=st.characters(exclude_categories=("Cs",), exclude_characters="\r\0")))
def test_the_body_is_never_touched(body):
    """Whatever the body holds, even fences, it comes out as it went in."""
    text = f"---\ntitle: T\n---\n{body}"
    assert add_syndication(text, [A]) == f'---\ntitle: T\nsyndication:\n  - "{A}"\n---\n{body}'


@pytest.mark.parametrize("text", ['{"title": "T"}\nBody', "no front matter"])
def test_front_matter_we_cannot_edit_is_refused(text):
    """JSON and missing front matter are left alone, with a word that says so."""
    with pytest.raises(ContentError, match="not written to"):
        add_syndication(text, [A])


def test_the_file_keeps_its_permissions_and_is_written_once(tmp_path):
    """The file is replaced whole with the same mode; a second time changes nothing."""
    path = tmp_path / "post.md"
    path.write_text("---\ntitle: T\n---\n")
    path.chmod(0o640)
    assert write_syndication(path, [A])
    assert path.stat().st_mode & 0o777 == 0o640
    assert not write_syndication(path, [A])
    assert [child.name for child in tmp_path.iterdir()] == ["post.md"]
