"""Everything that a command imports, for the process that commands are forked from: that takes longer than the rest."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages

import syndicate
import tests.faults.trapped  # noqa: F401 - as all below

for module in walk_packages(syndicate.__path__, "syndicate."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
