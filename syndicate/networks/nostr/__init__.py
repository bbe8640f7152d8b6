"""Nostr: signed events on relays."""
