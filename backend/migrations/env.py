"""Runs migrations on the connection that `app.kernel.migrations` hands over."""

from alembic import context

from app.models.registry import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata().metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
    compare_type=False,
    user_module_prefix="types.",
)
with context.begin_transaction():
    context.run_migrations()
