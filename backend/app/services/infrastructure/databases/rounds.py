"""Asking one database: which questions, in which order, and the reading of what came."""

from collections.abc import Sequence

from app.models.infrastructure.database_instance import DatabaseKind
from app.ports.database_driver import Answer, Conversation, Question
from app.services.infrastructure.databases import (
    minio,
    mongodb,
    mysql,
    mysql_sizes,
    postgresql,
    redis,
)
from app.services.infrastructure.databases import postgresql_questions as of_postgresql
from app.services.infrastructure.databases.answers import Answers
from app.services.infrastructure.databases.answers import of as number_of
from app.services.infrastructure.databases.figures import Reading

_REDIS = (DatabaseKind.REDIS, DatabaseKind.VALKEY)
_MYSQL = (DatabaseKind.MYSQL, DatabaseKind.MARIADB)


async def ask_round(kind: DatabaseKind, talk: Conversation) -> Reading:
    """Ask what is asked every round."""
    if kind is DatabaseKind.POSTGRESQL:
        return await _ask_postgresql(talk)
    if kind in _MYSQL:
        first = await _ask(talk, mysql.SERVER)
        rest = await _ask(talk, mysql.questions(Answers(first)))
        return mysql.read(Answers([*first, *rest]))
    if kind in _REDIS:
        first = await _ask(talk, redis.SERVER)
        rest = await _ask(talk, redis.questions(Answers(first)))
        return redis.read(Answers([*first, *rest]))
    if kind is DatabaseKind.MONGODB:
        first = await _ask(talk, mongodb.SERVER)
        rest = await _ask(talk, mongodb.questions(Answers(first)))
        return mongodb.read(Answers([*first, *rest]))
    return minio.read(Answers(await _ask(talk, minio.SERVER)))


async def ask_deep(kind: DatabaseKind, talk: Conversation) -> Reading | None:
    """Ask what costs more; None where there is nothing of the kind.

    PostgreSQL shows the tables of one database at a time; see `ask_tables`.
    """
    if kind in _MYSQL:
        first = Answers(await _ask(talk, mysql.SERVER))
        return mysql_sizes.read(Answers(await _ask(talk, mysql_sizes.questions(first))))
    return None


async def ask_tables(talk: Conversation) -> Answers:
    """Ask one database of a PostgreSQL for its tables."""
    return Answers(await _ask(talk, of_postgresql.deep_questions()))


def read_tables(of_databases: Sequence[Answers], *, of: int = 0) -> Reading:
    """Read what `ask_tables` brought, of so many databases that there are."""
    return postgresql.read_deep(list(of_databases), unread=max(0, of - len(of_databases)))


async def _ask_postgresql(talk: Conversation) -> Reading:
    first = await _ask(talk, of_postgresql.SERVER)
    version = int(number_of(Answers(first).row("server"), "server_version_num") or 0)
    rest = await _ask(talk, of_postgresql.questions(version))
    return postgresql.read(Answers([*first, *rest]))


async def _ask(talk: Conversation, questions: Sequence[Question]) -> list[Answer]:
    return [await talk.ask(question) for question in questions]
