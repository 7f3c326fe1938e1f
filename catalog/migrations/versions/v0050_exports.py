"""Packages that leave the system."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "export",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("applicant", sa.Text(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("names", sa.JSON(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("package_by", sa.String(length=12), nullable=False),
        sa.Column("key_by", sa.String(length=12), nullable=False),
        sa.Column("age_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_export")),
    )
    op.create_index(op.f("ix_export_branch"), "export", ["branch"])
    op.create_table(
        "export_act",
        sa.Column("export_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["export_no"], ["export.no"], name=op.f("fk_export_act_export_no")),
        sa.PrimaryKeyConstraint("export_no", "kind", name=op.f("pk_export_act")),
    )
