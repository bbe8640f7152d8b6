"""Accounts rest while their server fails; a wait knows by which clock it was decided."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INSTANT = sa.BigInteger


def upgrade() -> None:
    for name in ("rest_since", "rest_at", "rest_until"):
        op.add_column("accounts", sa.Column(name, _INSTANT))
    for name in ("rest_reason", "rest_after"):
        op.add_column("accounts", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("decided_at", _INSTANT))
