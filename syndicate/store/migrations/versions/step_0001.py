"""The first schema: posts, accounts, the outbox and its trail."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INSTANT = sa.BigInteger
_ROW_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _create_posts()
    _create_accounts()
    _create_deliveries()
    _create_attempts()


def _create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("permalink", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("published_at", _INSTANT, nullable=False),
        sa.Column("updated_at", _INSTANT, nullable=False),
        sa.Column("first_seen_at", _INSTANT, nullable=False),
        sa.Column("gone_at", _INSTANT),
    )


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("baselined_at", _INSTANT),
        sa.Column("paused_at", _INSTANT),
        sa.Column("paused_until", _INSTANT),
        sa.Column("pause_reason", sa.Text, nullable=False),
        sa.Column("limits", sa.Text, nullable=False),
        sa.Column("limits_read_at", _INSTANT),
    )


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("post_id", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("network", sa.Text, nullable=False),
        sa.Column("occasion", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("look_at", _INSTANT),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("message", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("looks", sa.Integer, nullable=False),
        sa.Column("cost", sa.Float, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("started_at", _INSTANT),
        sa.Column("intent_at", _INSTANT),
        sa.Column("sent_at", _INSTANT),
        sa.Column("receipt", sa.Text),
        sa.Column("remote_id", sa.Text),
        sa.Column("lease_owner", sa.Text, nullable=False),
        sa.Column("lease_until", _INSTANT),
        sa.UniqueConstraint("site", "post_id", "account", "occasion", "part", name="deliveries_once"),
        sa.UniqueConstraint("key", name="deliveries_key"),
    )
    op.create_index("deliveries_waiting", "deliveries", ["site", "state", "due_at"])
    op.create_index("deliveries_account", "deliveries", ["site", "account", "state"])
    op.create_index("deliveries_receipt", "deliveries", ["site", "account", "remote_id"])


def _create_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", _ROW_ID, primary_key=True, autoincrement=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("delivery_id", _ROW_ID, sa.ForeignKey("deliveries.id"), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("attempts_trail", "attempts", ["delivery_id", "id"])
