"""Branches that merge: successions, archives on transfers, and whose a container is."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "transfer_archive",
        sa.Column("transfer_no", sa.Integer(), nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("bag", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_no"], ["transfer.no"], name=op.f("fk_transfer_archive_transfer_no")
        ),
        sa.ForeignKeyConstraint(
            ["bag"], ["container.number"], name=op.f("fk_transfer_archive_bag")
        ),
        sa.PrimaryKeyConstraint("transfer_no", "customer_no", name=op.f("pk_transfer_archive")),
    )
    op.create_table(
        "container_branch",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("transfer_no", sa.Integer(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["container.number"], name=op.f("fk_container_branch_number")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_no"], ["transfer.no"], name=op.f("fk_container_branch_transfer_no")
        ),
        sa.PrimaryKeyConstraint("number", "transfer_no", name=op.f("pk_container_branch")),
    )
    op.create_index(op.f("ix_container_branch_branch"), "container_branch", ["branch"])
    op.create_table(
        "succession",
        sa.Column("giver", sa.String(length=32), nullable=False),
        sa.Column("taker", sa.String(length=32), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("transfer_no", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_no"], ["transfer.no"], name=op.f("fk_succession_transfer_no")
        ),
        sa.PrimaryKeyConstraint("giver", name=op.f("pk_succession")),
    )
