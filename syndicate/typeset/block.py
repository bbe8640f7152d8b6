"""What laying out returns: a block of lines, measured and ready to draw."""

from __future__ import annotations

from dataclasses import dataclass

from syndicate.typeset.fallback import Missing
from syndicate.typeset.shaping import Run


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `runs` stand from left to right; `x` is its left edge, `baseline` counts down from the block's top."""

    text: str
    runs: tuple[Run, ...]
    x: float
    baseline: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TextBlock:
    """Laid-out text. All lengths in pixels; the origin is the top left corner, y grows downwards."""

    text: str
    """What is drawn, the ellipsis included."""
    lines: tuple[Line, ...]
    width: float
    """Of the widest line: the block is tight, place it in its column by `direction`."""
    height: float
    ascent: float
    """From the top to the first baseline."""
    line_height: float
    cap_height: float
    """Of the first face: for optical alignment."""
    size_px: float
    direction: str
    """"ltr" or "rtl"."""
    is_truncated: bool = False
    tears_words: bool = False
    """A word wider than the column was cut between clusters."""
    missing: tuple[Missing, ...] = ()

    @property
    def descent(self) -> float:
        """From the last baseline to the bottom."""
        return self.height - self.lines[-1].baseline if self.lines else 0.0
