"""Every target by the name that the command line knows."""

from __future__ import annotations

from collections.abc import Mapping

from tests.fuzz.answers import ANSWERS
from tests.fuzz.hosts import HOSTS
from tests.fuzz.leaves import LEAVES
from tests.fuzz.pictures import PICTURES
from tests.fuzz.posts import ENTRIES, POSTS
from tests.fuzz.target import Target
from tests.fuzz.texts import CONFIGURATION, LOGS, PAGES, TEMPLATES

TARGETS: Mapping[str, Target] = {
    one.name: one for one in (POSTS, ENTRIES, PICTURES, HOSTS, ANSWERS, LEAVES, PAGES, LOGS, CONFIGURATION, TEMPLATES)
}
