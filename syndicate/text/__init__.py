"""Counting, cutting, repairing and rendering text. Pure."""
