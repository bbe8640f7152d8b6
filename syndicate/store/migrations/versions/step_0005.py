"""The state's own identity, its counter of irreversible calls, and the switch that stops them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "states",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("identity", sa.Text, nullable=False),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("replaces", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("config", sa.Text, nullable=False),
        sa.Column("contradiction", sa.Text, nullable=False),
        sa.Column("contradicted_at", sa.BigInteger),
        sa.Column("adopted", sa.Text, nullable=False),
    )
