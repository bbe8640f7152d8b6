"""What tells a post that was renamed: digests of its source and a sketch of its body; and drafts that were seen."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for name in ("source_digest", "fields_digest", "sketch"):
        op.add_column("posts", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "drafts",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("source_digest", sa.Text, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
    )
