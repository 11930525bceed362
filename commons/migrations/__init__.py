"""The schema's history, for Alembic; run by `Database.migrate`."""
