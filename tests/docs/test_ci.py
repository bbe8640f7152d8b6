"""What is ready to be taken for CI, cron and systemd, and the page about it, fit the program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml12

from syndicate.config.read import make_settings
from tests.e2e.test_once import read_steps

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
READY = ("deploy/action/action.yml", "deploy/gitlab-ci.yml", "deploy/forgejo.yml")
SITE = '[site]\ntitle = "Notes"\nurl = "https://notes.example"\n'


def list_blocks(language: str) -> list[str]:
    """The page's blocks in a language, without the indentation of their list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGE, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def list_scripts(value: Any) -> Iterator[str]:
    """Every script of a workflow."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from [inner] if name == "run" else list_scripts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from [inner] if isinstance(inner, str) else list_scripts(inner)


def test_workflows_run_commands_that_there_are(tmp_path: Path) -> None:
    """Each is YAML, and runs `syndicate once`; nothing from outside is a part of a script."""
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in READY]
    texts += list_blocks("yaml")
    assert len(texts) == len(READY) + 1
    for text in texts:
        scripts = "\n".join(list_scripts(yaml12.parse_yaml(text)))
        assert "once --wait" in scripts or "deploy/action" in text
        assert "${{" not in scripts
    assert len(list(read_steps(tmp_path))) == 2


@pytest.mark.parametrize("block", list_blocks("toml"))
def test_configurations_of_the_page_are_in_order(block: str, tmp_path: Path) -> None:
    """Each completes a syndicate.toml."""
    settings = make_settings(SITE + block, root=tmp_path, environ={})
    assert settings.storage.state == "git:syndicate-state"


def test_the_timer_and_cron_start_one_pass() -> None:
    """With a command and an option that there are."""
    for name in ("crontab", "syndicate-once.service"):
        text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        assert re.search(r"syndicate( -q)? once --wait 5m|\$SYNDICATE\" -q once --wait 5m", text)
