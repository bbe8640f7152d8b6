"""The flags an account waits for, so that one turned on later announces no post that had it before."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("listening", sa.Text, nullable=False, server_default=""))
