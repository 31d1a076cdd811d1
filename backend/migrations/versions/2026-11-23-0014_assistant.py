"""What the AI provider was asked.

Revision ID: 0014_assistant
Revises: 0013_plugins
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0014_assistant"
down_revision = "0013_plugins"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assistant_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("protocol", sa.String(length=20), nullable=False),
        sa.Column("base_url", sa.String(length=500), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("api_key", types.SealedBytes(), nullable=True),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("silence_seconds", sa.Integer(), nullable=False),
        sa.Column("limit_seconds", sa.Integer(), nullable=False),
        sa.Column("most_input_characters", sa.Integer(), nullable=False),
        sa.Column("most_output_tokens", sa.Integer(), nullable=False),
        sa.Column("requests_per_day", sa.Integer(), nullable=True),
        sa.Column("requests_per_month", sa.Integer(), nullable=True),
        sa.Column("cost_per_day", sa.BigInteger(), nullable=True),
        sa.Column("cost_per_month", sa.BigInteger(), nullable=True),
        sa.Column("input_price", sa.BigInteger(), nullable=True),
        sa.Column("output_price", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=10), nullable=False),
        sa.Column("hides_addresses", sa.Boolean(), nullable=False),
        sa.Column("explains_alerts", sa.Boolean(), nullable=False),
        sa.Column("answers_questions", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistant_setting")),
    )
    op.create_table(
        "assistant_exchange",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.String(length=255), nullable=False),
        sa.Column("feature", sa.String(length=20), nullable=False),
        sa.Column("subject_kind", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("subject_name", sa.String(length=300), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("is_estimated", sa.Boolean(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("received", sa.Text(), nullable=False),
        sa.Column("problem", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_assistant_exchange_user_id_user_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assistant_exchange")),
    )
    with op.batch_alter_table("assistant_exchange", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assistant_exchange_at"), ["at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_assistant_exchange_user_id"), ["user_id"], unique=False
        )


def downgrade() -> None:
    op.drop_table("assistant_exchange")
    op.drop_table("assistant_setting")
