"""The numbers for a person: two tables and a chart, at most 100 columns wide."""

from __future__ import annotations

from collections.abc import Sequence

from syndicate.stats.hits import ClientStats, FeedStats, Stats

_BAR = 30
_SPARKS = "▁▂▃▄▅▆▇█"
_MAX_DAYS = 60
_MAX_ROWS = 25


def render_stats(stats: Stats) -> str:
    """Everything as text, without a trailing line end."""
    if not stats.feeds:
        return f"No request for a feed in {stats.lines} lines ({stats.unreadable} of them unreadable)."
    parts = [_render_head(stats), _render_feeds(stats.feeds), _render_clients(stats.clients), _render_days(stats.days)]
    return "\n\n".join(part for part in parts if part)


def _render_head(stats: Stats) -> str:
    days = [f"{day:%Y-%m-%d}" for day in (stats.since, stats.until) if day]
    span = " to ".join(dict.fromkeys(days))
    unreadable = f", {stats.unreadable} unreadable" if stats.unreadable else ""
    return f"{span}: {sum(feed.requests for feed in stats.feeds)} requests for feeds in {stats.lines} lines{unreadable}"


def _render_feeds(feeds: Sequence[FeedStats]) -> str:
    most = max(feed.subscribers for feed in feeds) or 1
    rows = [("SUBSCRIBERS", "", "FEED", "FROM")]
    for feed in feeds[:_MAX_ROWS]:
        bar = "█" * round(_BAR * feed.subscribers / most)
        own = [("readers of their own", feed.readers)] if feed.readers else []
        sources = ", ".join(f"{name} {count}" for name, count in [*feed.announced[:3], *own])
        rows.append((str(feed.subscribers), bar, feed.path, sources))
    return _align(rows, right=(0,))


def _render_clients(clients: Sequence[ClientStats]) -> str:
    head = ("SCORE", "CLIENT", "REQUESTS", "CONDITIONAL", "EVERY", "REMARK")
    return _align([head, *map(_make_row, clients[:_MAX_ROWS])], right=(0, 2, 3, 4))


def _make_row(client: ClientStats) -> tuple[str, ...]:
    return (
        "-" if client.score is None else str(client.score),
        client.name if client.addresses == 1 else f"{client.name} ({client.addresses} addresses)",
        str(client.requests),
        "-" if client.conditional is None else f"{client.conditional:.0%}",
        _say_minutes(client.minutes_between),
        client.remark,
    )


def _render_days(days: Sequence[tuple[str, int]]) -> str:
    """One block per day, as high as its requests."""
    shown = days[-_MAX_DAYS:]
    if len(shown) < 2:
        return ""
    most = max(count for _, count in shown)
    blocks = "".join(_SPARKS[(len(_SPARKS) - 1) * count // most] for _, count in shown)
    return f"requests a day, {shown[0][0]} to {shown[-1][0]}, most {most}\n{blocks}"


def _say_minutes(minutes: float | None) -> str:
    if minutes is None:
        return "-"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def _align(rows: Sequence[tuple[str, ...]], right: tuple[int, ...]) -> str:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(widths[at]) if at in right else cell.ljust(widths[at]) for at, cell in enumerate(row)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
