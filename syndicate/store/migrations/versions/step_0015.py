"""A person's own alt text and choice of picture for one message."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    for name in ("alt", "media"):
        op.add_column("deliveries", sa.Column(name, sa.Text, nullable=False, server_default=""))
