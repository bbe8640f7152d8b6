"""What a publication came to."""

from __future__ import annotations

from dataclasses import dataclass

from syndicate.model import Problem, Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Paths are below the publish root `where`."""

    where: str
    written: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    drawn: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What a person is asked about the new messages, and what is said of them at once."""
    new_posts: int = 0
    changed_posts: int = 0
    gone_posts: int = 0
    new_deliveries: int = 0
    changed_deliveries: int = 0
    contradiction: str = ""
    """Why nothing is sent and what to do, where the state does not know everything."""
