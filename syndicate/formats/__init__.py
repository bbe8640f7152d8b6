"""Feeds, and the files beside them, as bytes. Pure: a format is a function from `Feed` to bytes."""
