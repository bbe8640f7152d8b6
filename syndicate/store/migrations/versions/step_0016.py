"""How often others answered a message, as numbers with their times."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "reactions",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True),
        sa.Column("looked_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("likes", "boosts", "replies", "quotes")),
    )
