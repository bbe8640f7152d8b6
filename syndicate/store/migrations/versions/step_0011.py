"""The secrets with which a paused account failed, as digests, so that others are noticed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("paused_with", sa.Text, nullable=False, server_default=""))
