"""Alembic's entry: one connection, one transaction for all steps."""

from alembic import context
from sqlalchemy import create_engine

from storage.tables import metadata

engine = create_engine(context.config.attributes["url"], hide_parameters=True)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
