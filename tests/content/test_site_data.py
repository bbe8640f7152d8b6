"""What posts may take from the generator's own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from syndicate.content.site_data import SiteData
from tests.content.golden import make_settings


@pytest.mark.parametrize("name", ["_data/a.yml", "data/deep/a.json", "_config.yml"])
@pytest.mark.parametrize("is_link", [False, True])
def test_a_link_is_not_followed(tmp_path: Path, name: str, is_link: bool) -> None:
    """A contributor's link may lead to a secret, and what a post shows is public. A file in its place is read."""
    secret = tmp_path / ".env"
    secret.write_text('{"token": "abc"}')
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if is_link:
        file.symlink_to(secret)
    else:
        file.write_bytes(secret.read_bytes())
    assert _find(SiteData(make_settings(tmp_path)), name) == (None if is_link else "abc")


def test_a_folder_that_is_a_link_is_not_entered(tmp_path: Path) -> None:
    """Nor one above the file."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a.yml").write_text("token: abc")
    (tmp_path / "_data").mkdir()
    (tmp_path / "_data" / "deep").symlink_to(tmp_path / "private")
    (tmp_path / "data").symlink_to(tmp_path / "private")
    data = SiteData(make_settings(tmp_path))
    assert [_find(data, name) for name in ("data/deep/a.yml", "data/a.yml")] == [None, None]


def test_a_name_longer_than_any_file_names_nothing(tmp_path: Path) -> None:
    """The system refuses to look for it."""
    data = SiteData(make_settings(tmp_path))["data"]
    assert data["a" * 300] is None  # type: ignore[index]


def _find(values: object, name: str) -> object:
    """`site.data.a.token` for _data/a.yml, `site.token` for the settings."""
    path = name.removeprefix("_").rpartition(".")[0].split("/")
    for step in (*(path if len(path) > 1 else ()), "token"):
        values = values.get(step) if hasattr(values, "get") else None
    return values
