"""Settings that would make a reader of YAML or TOML run out of memory, stack or time, found before it reads them.

py-yaml12 limits what stands in brackets and what is indented by itself, but neither compact nesting (`- - - a`), which
overflows its stack and ends the process, nor aliases that multiply. tomllib walks a dotted key anew for each dot.
"""

from __future__ import annotations

import re
from typing import Final

MAX_DEPTH: Final = 32
"""Lists and tables in one another, and keys in one key."""
_MAX_ALIASES = 10
_ANCHOR = re.compile(r"(?<!\w)&([^\s\[\]{},]+)")
_ALIAS = re.compile(r"\*([^\s\[\]{},]+)")
# Every part is possessive: a text of quotes costs linear time.
_TOML_STEP = r"""(?:[\w-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DEEP_TOML_KEY = re.compile(rf"(?:^|[\[{{,])[ \t]*+(?:{_TOML_STEP}[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}", re.MULTILINE)
_COMPACT_NESTING = re.compile(r"^[ \t]*(?:[-?:][ \t]+){30}", re.MULTILINE)


def repeats_anchors(yaml: str) -> bool:
    """Whether it repeats anchors so often that aliases of aliases may fill the memory."""
    names = set(_ANCHOR.findall(yaml))
    aliases = _ALIAS.findall(yaml) if names else []
    return sum(alias in names for alias in aliases) > _MAX_ALIASES


def find_deep_yaml(yaml: str) -> int | None:
    """Where compact nesting is too deep."""
    found = _COMPACT_NESTING.search(yaml)
    return found.start() if found else None


def find_deep_toml(toml: str) -> int | None:
    """Where a dotted key is too deep."""
    found = _DEEP_TOML_KEY.search(toml)
    return found.start() if found else None
