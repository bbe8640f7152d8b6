"""Content → plan → artefacts and outbox. Sends nothing.

content ─read_snapshot→ Snapshot ┐
store  ─read_ledger──→  Ledger   ├─ make_plan ─→ Plan ─ draw_cards ─→ cards ─ render_files ─→ output
config → Settings, now           ┘                 └──────────────────────────→ store (identities, outbox)

Artefacts first, then one transaction for ledger and outbox: a crash in between leaves files that the next run finds
unchanged, and a plan that it makes again, word for word.
"""

from syndicate.publish.corridor import Published, Rooms, publish, publish_cards, publish_feeds, read_plan

__all__ = ["Published", "Rooms", "publish", "publish_cards", "publish_feeds", "read_plan"]
