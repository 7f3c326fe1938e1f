"""Papers that go from branch to branch."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "transfer",
        sa.Column("no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("giver", sa.String(length=32), nullable=False),
        sa.Column("taker", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=12), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_transfer")),
    )
    for name in ("giver", "taker"):
        op.create_index(op.f(f"ix_transfer_{name}"), "transfer", [name])
    op.create_table(
        "transfer_paper",
        sa.Column("transfer_no", sa.Integer(), nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=True),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=False),
        sa.Column("custody", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_no"], ["transfer.no"], name=op.f("fk_transfer_paper_transfer_no")
        ),
        sa.PrimaryKeyConstraint(
            "transfer_no", "customer_no", "line", name=op.f("pk_transfer_paper")
        ),
    )
    op.create_table(
        "transfer_act",
        sa.Column("transfer_no", sa.Integer(), nullable=False),
        sa.Column("act_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("papers", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["transfer_no"], ["transfer.no"], name=op.f("fk_transfer_act_transfer_no")
        ),
        sa.PrimaryKeyConstraint("transfer_no", "act_no", name=op.f("pk_transfer_act")),
    )
