"""Searchable derivatives of pages, and the index of those that may be searched."""

import sqlite3
from contextlib import closing

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "page_text",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("copies", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("indexed", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_page_text")),
    )
    op.create_table(
        "text_index",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_index")),
        sa.UniqueConstraint("sha256", name=op.f("uq_text_index_sha256")),
    )
    if op.get_bind().dialect.name == "sqlite" and _sqlite_has_trigrams():
        for statement in _TRIGRAMS:
            op.get_bind().exec_driver_sql(statement)


# As the FTS5 manual has it for external content: the texts stand once, the triggers keep step.
_TRIGRAMS = (
    "CREATE VIRTUAL TABLE text_trigram USING "
    "fts5(text, content='text_index', content_rowid='id', tokenize='trigram')",
    "CREATE TRIGGER text_trigram_in AFTER INSERT ON text_index BEGIN "
    "INSERT INTO text_trigram(rowid, text) VALUES (new.id, new.text); END",
    "CREATE TRIGGER text_trigram_out AFTER DELETE ON text_index BEGIN "
    "INSERT INTO text_trigram(text_trigram, rowid, text) VALUES ('delete', old.id, old.text); END",
)


def _sqlite_has_trigrams() -> bool:
    """Try it out: FTS5 may be left out of a build, and its trigrams came with SQLite 3.34."""
    with closing(sqlite3.connect(":memory:")) as database:
        try:
            database.execute("CREATE VIRTUAL TABLE probe USING fts5(text, tokenize='trigram')")
        except sqlite3.OperationalError:
            return False
    return True
