"""Who reads the feeds, and how well they behave: an access log's lines in, numbers and a table out. Pure."""

from syndicate.stats.hits import ClientStats, FeedStats, Stats
from syndicate.stats.readers import count_readers, render_stats

__all__ = ["ClientStats", "FeedStats", "Stats", "count_readers", "render_stats"]
