"""Every object that the archive keeps, and each of its copies; older workspaces fill it from their stores."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "stored_object",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_stored_object")),
    )
    op.create_index(op.f("ix_stored_object_sha256"), "stored_object", ["sha256"])
    op.create_table(
        "object_copy",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version_id", sa.Text(), nullable=True),
        sa.Column("locked_until", sa.DateTime(), nullable=True),
        sa.Column("verified_at", sa.DateTime(), nullable=True),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key"], ["stored_object.key"], name=op.f("fk_object_copy_key_stored_object")
        ),
        sa.PrimaryKeyConstraint("key", "place", name=op.f("pk_object_copy")),
    )
    op.create_index(
        op.f("ix_object_copy_place_state_verified_at"),
        "object_copy",
        ["place", "state", "verified_at"],
    )
    op.create_table(
        "copy_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("place", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy_event")),
    )
    op.create_index(op.f("ix_copy_event_key"), "copy_event", ["key"])
