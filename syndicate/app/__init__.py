"""The only place that joins rooms: `app.App` has one short method per use case, each in a module of its own.

`now` is read here. Doors import what they need: `app` for an open site, `init` for a new one, `stats` for logs.
"""
