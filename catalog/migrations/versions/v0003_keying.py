"""The keying queue: fields that people are asked for, and what they did to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "keying_task",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_keying_task")),
        sa.UniqueConstraint("sha256", "field", name=op.f("uq_keying_task_sha256_field")),
    )
    op.create_index(op.f("ix_keying_task_state"), "keying_task", ["state"])
    op.create_table(
        "keying_act",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("task_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_no"], ["keying_task.no"], name=op.f("fk_keying_act_task_no_keying_task")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keying_act")),
    )
    op.create_index(op.f("ix_keying_act_person_key"), "keying_act", ["person_key"])
    op.create_index(op.f("ix_keying_act_task_no"), "keying_act", ["task_no"])
