"""Runs the versions on the connection that `Database.migrate` gives."""

from alembic import context

from commons.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
