"""Create the tables.

Adding is safe at any time. Removing a column takes two releases: first the code stops reading it.
"""

import sqlalchemy as sa
from alembic import op

from app.kernel import types

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alarm_channel",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("url", types.SealedBytes(), nullable=False),
        sa.Column("url_hint", sa.String(length=300), nullable=False),
        sa.Column("token", types.SealedBytes(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_sent_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_channel")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("h", sa.String(length=64), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.String(length=20), nullable=False),
        sa.Column("actor_name", sa.String(length=255), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("object_kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.Uuid(), nullable=True),
        sa.Column("object_name", sa.String(length=255), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("seq", name=op.f("uq_audit_entry_seq")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_action"), ["action"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_actor_name"), ["actor_name"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_entry_object_id"), ["object_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_audit_entry_resource_id"), ["resource_id"], unique=False
        )

    op.create_table(
        "job_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=True),
        sa.Column("lock", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("run_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(length=120), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=True),
        sa.Column("lease_until", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("is_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("queue_ref", sa.BigInteger(), nullable=True),
        sa.Column("progress_done", sa.Integer(), nullable=False),
        sa.Column("progress_total", sa.Integer(), nullable=False),
        sa.Column("progress_note", sa.String(length=200), nullable=False),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.Column("enqueued_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("started_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("finished_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("key", name=op.f("uq_job_run_key")),
    )
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_run_enqueued_at"), ["enqueued_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_job_run_finished_at"), ["finished_at"], unique=False)
        batch_op.create_index("ix_job_run_name_enqueued_at", ["name", "enqueued_at"], unique=False)
        batch_op.create_index("ix_job_run_state_run_at", ["state", "run_at"], unique=False)
        batch_op.create_index(
            "uq_job_run_running_lock",
            ["lock"],
            unique=True,
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )

    op.create_table(
        "job_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("default_trigger", sa.String(length=120), nullable=False),
        sa.Column("trigger_override", sa.String(length=120), nullable=True),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("settled_until", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_fired_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("next_fire_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_schedule")),
        sa.UniqueConstraint("name", name=op.f("uq_job_schedule_name")),
    )
    op.create_table(
        "one_time_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=60), nullable=False),
        sa.Column("secret", types.SealedBytes(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_secret")),
    )
    with op.batch_alter_table("one_time_secret", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_one_time_secret_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "resource",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("server_id", sa.Uuid(), nullable=True),
        sa.Column("maintenance_until", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["resource.id"],
            name=op.f("fk_resource_parent_id_resource"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["resource.id"],
            name=op.f("fk_resource_server_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
    )
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_resource_server_id"), ["server_id"], unique=False)

    op.create_table(
        "resource_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_group")),
        sa.UniqueConstraint("name", name=op.f("uq_resource_group_name")),
    )
    op.create_table(
        "server_credential",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("password", types.SealedBytes(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_credential")),
        sa.UniqueConstraint("name", name=op.f("uq_server_credential_name")),
    )
    op.create_table(
        "setup_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_setup_token_token_hash")),
    )
    op.create_table(
        "ssh_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("algorithm", sa.String(length=40), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("private_key", types.SealedBytes(), nullable=False),
        sa.Column("passphrase", types.SealedBytes(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ssh_key")),
        sa.UniqueConstraint("name", name=op.f("uq_ssh_key_name")),
    )
    with op.batch_alter_table("ssh_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ssh_key_fingerprint"), ["fingerprint"], unique=False)

    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("full_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("is_disabled", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("password_changed_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
    )
    op.create_table(
        "vault_canary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sealed", types.SealedBytes(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_canary")),
    )
    op.create_table(
        "alert",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("message", sa.String(length=1000), nullable=False),
        sa.Column("fix", sa.String(length=1000), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("began_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("fired_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_alert_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_open", ["resource_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_resolved_at"), ["resolved_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_state"), ["state"], unique=False)

    op.create_table(
        "api_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("public_id", sa.String(length=12), nullable=False),
        sa.Column("secret_hmac", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_used_address", sa.String(length=45), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_api_token_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_token_public_id")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=True),
        sa.Column("rotated_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("stepped_up_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("user_agent", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_login_session_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_session_token_hash")),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_login_session_previous_hash"), ["previous_hash"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "metric_head",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("series", sa.LargeBinary(), nullable=False),
        sa.Column("readings", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_metric_head_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_head")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("metric_head", schema=None) as batch_op:
        batch_op.create_index("ix_metric_head_resource_at", ["resource_id", "at"], unique=False)

    op.create_table(
        "metric_series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.String(length=200), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("unit", sa.String(length=40), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_metric_series_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_metric_series")),
        sa.UniqueConstraint(
            "resource_id",
            "metric",
            "labels",
            "kind",
            name=op.f("uq_metric_series_resource_id_metric_labels_kind"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "metric_state",
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("newest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_metric_state_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("resource_id", name=op.f("pk_metric_state")),
    )
    op.create_table(
        "monitored_server",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("host", sa.String(length=255), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("is_local", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("ssh_key_id", sa.Uuid(), nullable=True),
        sa.Column("credential_id", sa.Uuid(), nullable=True),
        sa.Column("jump_server_id", sa.Uuid(), nullable=True),
        sa.Column("sudo", sa.String(length=20), nullable=False),
        sa.Column("interval_seconds", sa.Float(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("reason_kind", sa.String(length=60), nullable=False),
        sa.Column("fix", sa.String(length=1000), nullable=False),
        sa.Column("status_since", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("last_attempt_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("next_due_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("slow_due_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["server_credential.id"],
            name=op.f("fk_monitored_server_credential_id_server_credential"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["jump_server_id"],
            ["monitored_server.id"],
            name=op.f("fk_monitored_server_jump_server_id_monitored_server"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["ssh_key_id"],
            ["ssh_key.id"],
            name=op.f("fk_monitored_server_ssh_key_id_ssh_key"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_monitored_server")),
        sa.UniqueConstraint(
            "host", "port", "username", name=op.f("uq_monitored_server_host_port_username")
        ),
        sa.UniqueConstraint("name", name=op.f("uq_monitored_server_name")),
    )
    with op.batch_alter_table("monitored_server", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_monitored_server_credential_id"), ["credential_id"], unique=False
        )
        batch_op.create_index(
            "ix_monitored_server_due", ["is_enabled", "next_due_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_monitored_server_jump_server_id"), ["jump_server_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_monitored_server_ssh_key_id"), ["ssh_key_id"], unique=False
        )
        batch_op.create_index(
            "uq_monitored_server_local",
            ["is_local"],
            unique=True,
            sqlite_where=sa.text("is_local"),
            postgresql_where=sa.text("is_local"),
        )

    op.create_table(
        "resource_edge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"],
            ["resource.id"],
            name=op.f("fk_resource_edge_source_id_resource"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["target_id"],
            ["resource.id"],
            name=op.f("fk_resource_edge_target_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_edge")),
        sa.UniqueConstraint(
            "source_id", "target_id", "kind", name=op.f("uq_resource_edge_source_id_target_id_kind")
        ),
    )
    with op.batch_alter_table("resource_edge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_edge_target_id"), ["target_id"], unique=False)

    op.create_table(
        "resource_group_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"],
            ["resource_group.id"],
            name=op.f("fk_resource_group_member_group_id_resource_group"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_resource_group_member_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_group_member")),
        sa.UniqueConstraint(
            "group_id", "resource_id", name=op.f("uq_resource_group_member_group_id_resource_id")
        ),
    )
    with op.batch_alter_table("resource_group_member", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_resource_group_member_resource_id"), ["resource_id"], unique=False
        )

    op.create_table(
        "resource_tag",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_resource_tag_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_tag")),
        sa.UniqueConstraint("resource_id", "tag", name=op.f("uq_resource_tag_resource_id_tag")),
    )
    with op.batch_alter_table("resource_tag", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_resource_tag_tag"), ["tag"], unique=False)

    op.create_table(
        "ssh_key_deployment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ssh_key_id", sa.Uuid(), nullable=False),
        sa.Column("resource_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=500), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(length=500), nullable=False),
        sa.Column("verified_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["resource_id"],
            ["resource.id"],
            name=op.f("fk_ssh_key_deployment_resource_id_resource"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ssh_key_id"],
            ["ssh_key.id"],
            name=op.f("fk_ssh_key_deployment_ssh_key_id_ssh_key"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ssh_key_deployment")),
        sa.UniqueConstraint(
            "ssh_key_id",
            "resource_id",
            "account",
            name=op.f("uq_ssh_key_deployment_ssh_key_id_resource_id_account"),
        ),
    )
    with op.batch_alter_table("ssh_key_deployment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ssh_key_deployment_resource_id"), ["resource_id"], unique=False
        )

    op.create_table(
        "alert_message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("alert_id", sa.Uuid(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", types.UTCDateTime(timezone=True), nullable=True),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
            name=op.f("fk_alert_message_alert_id_alert"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_message")),
    )
    with op.batch_alter_table("alert_message", schema=None) as batch_op:
        batch_op.create_index("ix_alert_message_due", ["state", "next_try_at"], unique=False)

    op.create_table(
        "collection_run",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=False),
        sa.Column("started_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("facts_read", sa.Integer(), nullable=False),
        sa.Column("facts_failed", sa.Integer(), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=1000), nullable=False),
        sa.Column("troubles", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_collection_run_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_run")),
    )
    with op.batch_alter_table("collection_run", schema=None) as batch_op:
        batch_op.create_index(
            "ix_collection_run_server_started", ["server_id", "started_at"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_collection_run_started_at"), ["started_at"], unique=False
        )

    op.create_table(
        "fact_state",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("rate", sa.String(length=20), nullable=False),
        sa.Column("asked_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("readings", sa.Text(), nullable=False),
        sa.Column("troubles", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_fact_state_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_state")),
        sa.UniqueConstraint("server_id", "rate", name=op.f("uq_fact_state_server_id_rate")),
    )
    op.create_table(
        "host_key_pin",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("algorithm", sa.String(length=60), nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("decided_by", sa.String(length=120), nullable=False),
        sa.Column("created_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", types.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_host_key_pin_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_key_pin")),
        sa.UniqueConstraint(
            "server_id", "fingerprint", name=op.f("uq_host_key_pin_server_id_fingerprint")
        ),
    )
    op.create_table(
        "metric_chunk",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("points", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["metric_series.id"],
            name=op.f("fk_metric_chunk_series_id_metric_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("series_id", "day", name=op.f("pk_metric_chunk")),
    )
    op.create_table(
        "metric_rollup",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("buckets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"],
            ["metric_series.id"],
            name=op.f("fk_metric_rollup_series_id_metric_series"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("series_id", "tier", "period", name=op.f("pk_metric_rollup")),
    )
    op.create_table(
        "server_credential_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_id"],
            ["server_credential.id"],
            name=op.f("fk_server_credential_use_credential_id_server_credential"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_server_credential_use_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_credential_use")),
        sa.UniqueConstraint(
            "server_id", "purpose", name=op.f("uq_server_credential_use_server_id_purpose")
        ),
    )
    with op.batch_alter_table("server_credential_use", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_server_credential_use_credential_id"), ["credential_id"], unique=False
        )

    op.create_table(
        "server_summary",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("cpu_percent", sa.Float(), nullable=True),
        sa.Column("cpu_cores", sa.Integer(), nullable=True),
        sa.Column("memory_percent", sa.Float(), nullable=True),
        sa.Column("memory_bytes", sa.Float(), nullable=True),
        sa.Column("swap_percent", sa.Float(), nullable=True),
        sa.Column("load1", sa.Float(), nullable=True),
        sa.Column("temperature_celsius", sa.Float(), nullable=True),
        sa.Column("filesystem_percent", sa.Float(), nullable=True),
        sa.Column("filesystem_mountpoint", sa.String(length=500), nullable=False),
        sa.Column("uptime_seconds", sa.Float(), nullable=True),
        sa.Column("os_name", sa.String(length=200), nullable=False),
        sa.Column("cpu_busy_seconds", sa.Float(), nullable=True),
        sa.Column("cpu_total_seconds", sa.Float(), nullable=True),
        sa.Column("spark", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_server_summary_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_server_summary")),
        sa.UniqueConstraint("server_id", name=op.f("uq_server_summary_server_id")),
    )
    op.create_table(
        "status_change",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("server_id", sa.Uuid(), nullable=False),
        sa.Column("at", types.UTCDateTime(timezone=True), nullable=False),
        sa.Column("was", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["monitored_server.id"],
            name=op.f("fk_status_change_server_id_monitored_server"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_status_change")),
    )
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_change_at"), ["at"], unique=False)
        batch_op.create_index("ix_status_change_server_at", ["server_id", "at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.drop_index("ix_status_change_server_at")
        batch_op.drop_index(batch_op.f("ix_status_change_at"))

    op.drop_table("status_change")
    op.drop_table("server_summary")
    with op.batch_alter_table("server_credential_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_server_credential_use_credential_id"))

    op.drop_table("server_credential_use")
    op.drop_table("metric_rollup")
    op.drop_table("metric_chunk")
    op.drop_table("host_key_pin")
    op.drop_table("fact_state")
    with op.batch_alter_table("collection_run", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_collection_run_started_at"))
        batch_op.drop_index("ix_collection_run_server_started")

    op.drop_table("collection_run")
    with op.batch_alter_table("alert_message", schema=None) as batch_op:
        batch_op.drop_index("ix_alert_message_due")

    op.drop_table("alert_message")
    with op.batch_alter_table("ssh_key_deployment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ssh_key_deployment_resource_id"))

    op.drop_table("ssh_key_deployment")
    with op.batch_alter_table("resource_tag", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_tag_tag"))

    op.drop_table("resource_tag")
    with op.batch_alter_table("resource_group_member", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_group_member_resource_id"))

    op.drop_table("resource_group_member")
    with op.batch_alter_table("resource_edge", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_edge_target_id"))

    op.drop_table("resource_edge")
    with op.batch_alter_table("monitored_server", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_monitored_server_local",
            sqlite_where=sa.text("is_local"),
            postgresql_where=sa.text("is_local"),
        )
        batch_op.drop_index(batch_op.f("ix_monitored_server_ssh_key_id"))
        batch_op.drop_index(batch_op.f("ix_monitored_server_jump_server_id"))
        batch_op.drop_index("ix_monitored_server_due")
        batch_op.drop_index(batch_op.f("ix_monitored_server_credential_id"))

    op.drop_table("monitored_server")
    op.drop_table("metric_state")
    op.drop_table("metric_series")
    with op.batch_alter_table("metric_head", schema=None) as batch_op:
        batch_op.drop_index("ix_metric_head_resource_at")

    op.drop_table("metric_head")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_user_id"))
        batch_op.drop_index(batch_op.f("ix_login_session_previous_hash"))

    op.drop_table("login_session")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_user_id"))

    op.drop_table("api_token")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_state"))
        batch_op.drop_index(batch_op.f("ix_alert_resolved_at"))
        batch_op.drop_index("ix_alert_open")

    op.drop_table("alert")
    op.drop_table("vault_canary")
    op.drop_table("user_account")
    with op.batch_alter_table("ssh_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ssh_key_fingerprint"))

    op.drop_table("ssh_key")
    op.drop_table("setup_token")
    op.drop_table("server_credential")
    op.drop_table("resource_group")
    with op.batch_alter_table("resource", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_resource_server_id"))
        batch_op.drop_index(batch_op.f("ix_resource_parent_id"))
        batch_op.drop_index(batch_op.f("ix_resource_name"))
        batch_op.drop_index(batch_op.f("ix_resource_kind"))

    op.drop_table("resource")
    with op.batch_alter_table("one_time_secret", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_one_time_secret_expires_at"))

    op.drop_table("one_time_secret")
    op.drop_table("job_schedule")
    with op.batch_alter_table("job_run", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_run_running_lock",
            sqlite_where=sa.text("state = 'running'"),
            postgresql_where=sa.text("state = 'running'"),
        )
        batch_op.drop_index("ix_job_run_state_run_at")
        batch_op.drop_index("ix_job_run_name_enqueued_at")
        batch_op.drop_index(batch_op.f("ix_job_run_finished_at"))
        batch_op.drop_index(batch_op.f("ix_job_run_enqueued_at"))

    op.drop_table("job_run")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_resource_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_object_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_name"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_actor_id"))
        batch_op.drop_index(batch_op.f("ix_audit_entry_action"))

    op.drop_table("audit_entry")
    op.drop_table("alarm_channel")
