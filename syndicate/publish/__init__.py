"""Content → plan → artefacts and outbox. Sends nothing.

content ─read_snapshot→ Snapshot ┐
store  ─read_ledger──→  Ledger   ├─ make_plan ─→ Plan ─ draw ─→ cards ─ render ─→ write ─→ manifest
config → Settings, now           ┘                 └──────────────────────→ store (identities, outbox)

Artefacts first, then one transaction for ledger and outbox: a crash in between leaves files that the next run finds
unchanged, and a plan that it makes again, word for word. `publish.publish` is the whole way; nothing is imported here,
so that asking whether anything is `unchanged` stays cheap.
"""
