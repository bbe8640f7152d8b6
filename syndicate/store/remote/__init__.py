"""A state without a disk of its own: it lives in a git branch or a bucket, and is worked on in an SQLite file.

    remote ─pull→ state.db ─ … work … ─push→ remote
                              intent ─push→ (head as we left it?) ─→ the call

`lines` turns the tables into text and back, `git` and `bucket` keep the text, `sync` says when it moves.
"""
