"""Born-digital packages, their files, and where else films lie."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "digital_package",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("note_key", sa.String(length=160), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digital_package")),
    )
    for name in ("number", "serial_no", "customer_no"):
        op.create_index(op.f(f"ix_digital_package_{name}"), "digital_package", [name])
    op.create_index(
        op.f("ix_digital_package_business_date_branch"),
        "digital_package",
        ["business_date", "branch"],
    )
    op.create_table(
        "digital_file",
        sa.Column("package_id", sa.String(length=64), nullable=False),
        sa.Column("file_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("document_type", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("byte_count", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("captured_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["package_id"], ["digital_package.id"], name=op.f("fk_digital_file_package_id")
        ),
        sa.PrimaryKeyConstraint("package_id", "file_no", name=op.f("pk_digital_file")),
    )
    op.create_index(op.f("ix_digital_file_sha256"), "digital_file", ["sha256"])
    op.create_table(
        "digital_place",
        sa.Column("package_id", sa.String(length=64), nullable=False),
        sa.Column("file_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("act_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id", "file_no"],
            ["digital_file.package_id", "digital_file.file_no"],
            name=op.f("fk_digital_place_package_id_file_no"),
        ),
        sa.PrimaryKeyConstraint("package_id", "file_no", "act_no", name=op.f("pk_digital_place")),
    )
