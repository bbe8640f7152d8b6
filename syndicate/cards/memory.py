"""Makes freed pictures' memory come back at once instead of from the kernel, page by page.

glibc maps blocks above a threshold straight from the kernel and returns them when freed; touching three megabytes
of fresh pages anew for every step of every card takes a quarter of a card's time. The threshold follows the largest
mapped block that was ever freed (mallopt(3), "dynamic mmap threshold"), up to 32 MiB.
"""

from __future__ import annotations

LARGEST = 31 * 1024 * 1024


def keep_freed_memory() -> None:
    """Raise the threshold by freeing one block that is never touched; elsewhere than glibc this does nothing."""
    bytes(LARGEST)  # zeroed by the kernel, so no page of it is real
