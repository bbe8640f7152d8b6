"""The date and the id that a post names now, so that a post that was re-dated or given an id is known by them, too."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("posts", sa.Column("dated_at", sa.BigInteger))
    op.add_column("posts", sa.Column("declared_id", sa.Text, nullable=False, server_default=""))
