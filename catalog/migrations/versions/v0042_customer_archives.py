"""Archives of customers, their registration lines, and where papers lie."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the triggers are made at the end of every upgrade (``catalog.append_only``)."""
    op.create_table(
        "container",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_container")),
    )
    op.create_index(op.f("ix_container_kind"), "container", ["kind"])
    op.create_index(op.f("ix_container_branch"), "container", ["branch"])
    op.create_table(
        "container_move",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("into", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["container.number"], name=op.f("fk_container_move_number")
        ),
        sa.ForeignKeyConstraint(
            ["into"], ["container.number"], name=op.f("fk_container_move_into")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_container_move")),
    )
    op.create_index(op.f("ix_container_move_number"), "container_move", ["number"])
    _archives()


def _archives() -> None:
    op.create_table(
        "customer_archive",
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("bag", sa.String(length=32), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["bag"], ["container.number"], name=op.f("fk_customer_archive_bag")
        ),
        sa.PrimaryKeyConstraint("customer_no", name=op.f("pk_customer_archive")),
        sa.UniqueConstraint("bag", name=op.f("uq_customer_archive_bag")),
    )
    op.create_index(op.f("ix_customer_archive_branch"), "customer_archive", ["branch"])
    op.create_table(
        "archive_line",
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("binding", sa.String(length=32), nullable=False),
        sa.Column("of_line", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_no"],
            ["customer_archive.customer_no"],
            name=op.f("fk_archive_line_customer_no"),
        ),
        sa.ForeignKeyConstraint(
            ["binding"], ["container.number"], name=op.f("fk_archive_line_binding")
        ),
        sa.PrimaryKeyConstraint("customer_no", "number", name=op.f("pk_archive_line")),
        sa.UniqueConstraint(
            "business_date",
            "branch",
            "serial_no",
            "kind",
            name=op.f("uq_archive_line_business_date_branch_serial_no_kind"),
        ),
    )
    op.create_index(op.f("ix_archive_line_serial_no"), "archive_line", ["serial_no"])
    op.create_index(op.f("ix_archive_line_binding"), "archive_line", ["binding"])
