"""The settings with which posts were read, so that what a changed setting brings to light is not taken for news."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("states", sa.Column("reading", sa.Text, nullable=False, server_default=""))
