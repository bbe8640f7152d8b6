"""Feeds, share cards and social posts for people who write Markdown."""

__version__ = "0.1.0"
