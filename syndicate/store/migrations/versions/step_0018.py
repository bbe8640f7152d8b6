"""Since when an account is not in syndicate.toml, so that one that is back soon goes on."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("away_since", sa.BigInteger))
