"""Bluesky: records, facets, sessions on the person's own server."""
