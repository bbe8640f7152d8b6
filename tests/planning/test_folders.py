"""Folder names of categories and people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndicate.output import check_path
from syndicate.planning.feeds import to_folder


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Generative", "generative"),
        ("Artificial Intelligence", "artificial-intelligence"),
        ("  machine_learning ", "machine-learning"),
        ("Ämne", "ämne"),
        ("機械学習", "機械学習"),
        ("ﬁne", "fine"),
        ("ar", "ar"),
    ],
)
def test_plain_names_read_as_they_are(name: str, folder: str) -> None:
    """Letters and digits of any script in lower case, words joined by hyphens."""
    assert to_folder(name) == folder


def test_names_that_lose_signs_stay_apart() -> None:
    """C, C++ and C# are three folders, and no other category decides what each is called."""
    made = [to_folder(name) for name in ("C", "C++", "C#", "++", "..", "a/b")]
    assert len(set(made)) == 6
    assert made[0] == "c"


@given(st.text(min_size=1))
def test_any_name_is_a_safe_folder(name: str) -> None:
    """No name escapes the publish folder, hides a file or is refused by the output; case does not matter."""
    folder = to_folder(name)
    if folder:
        assert check_path(f"category/{folder}/rss.xml")
        assert "/" not in folder
    assert to_folder(name.upper().lower()) == to_folder(name.lower()) or name.upper().lower() != name.lower()
