"""As whom an account is logged in, as its network said last."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("who", sa.Text, nullable=False, server_default=""))
