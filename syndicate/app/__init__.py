"""The hall: the only place that joins rooms. One short method per use case; `now` is read here.

Doors import what they need from its files: `hall` for an open site, `beginning` for `init`, `reading` for `stats`.
"""
