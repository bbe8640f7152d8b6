"""The manifest: every published file with what it was made of, and how the last publication ended."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "published_files",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("earlier", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("post_id", sa.Text, nullable=False),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("unneeded_since", sa.BigInteger),
    )
    cards = sa.text("post_id <> ''")
    columns = ["site", "post_id"]
    op.create_index("published_cards", "published_files", columns, sqlite_where=cards, postgresql_where=cards)
    op.create_table(
        "publications",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("turn", sa.Text, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
