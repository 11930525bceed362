"""The database: one engine, short transactions, the same code on SQLite and PostgreSQL.

Reading and writing are told apart because SQLite cannot turn a reading transaction into a writing one
while others write: a writing one begins with `BEGIN IMMEDIATE`. On PostgreSQL both are plain `BEGIN`.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app, g
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # no letters that look like digits


def new_id() -> str:
    """A random name of 12 characters, 58 bits, fit for addresses and for reading aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def utcnow() -> datetime:
    return datetime.now(UTC)


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """Aware UTC in Python, naive UTC in the database (SQLite keeps no zone)."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """Every table. Ids are text made by `new_id`; times are aware and in UTC."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: sa.JSON, list[Any]: sa.JSON}  # noqa: RUF012


def id_column() -> Any:
    """The primary key of a table."""
    return mapped_column(sa.String(32), primary_key=True, default=new_id)


class Database:
    """One engine and the two kinds of transaction."""

    def __init__(self, url: str) -> None:
        if url.startswith("postgresql://"):
            url = url.replace("postgresql://", "postgresql+psycopg://", 1)
        self.engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if self.engine.dialect.name == "sqlite":
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)

    def session(self) -> Session:
        return Session(self.engine, expire_on_commit=False)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.session() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A writing transaction: committed at the end, rolled back on any exception."""
        with self.session() as session, begin_writing(session):
            yield session

    def migrate(self) -> None:
        """Brings the schema to the newest version."""
        from alembic import command
        from alembic.config import Config as AlembicConfig

        config = AlembicConfig()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def dispose(self) -> None:
        self.engine.dispose()


@contextmanager
def begin_writing(session: Session) -> Iterator[Session]:
    """Ends whatever `session` was reading and begins a writing transaction on it."""
    session.rollback()
    session.connection(execution_options={"begin": "IMMEDIATE"})
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', '')}")


def session() -> Session:
    """The session of the current request, for reading; closed with it."""
    if "session" not in g:
        g.session = current_app.extensions["database"].session()
    made: Session = g.session
    return made


@contextmanager
def write() -> Iterator[Session]:
    """A writing transaction on the session of the current request."""
    with begin_writing(session()) as writing:
        yield writing


def close_session(_error: BaseException | None = None) -> None:
    made: Session | None = g.pop("session", None)
    if made is not None:
        made.close()
