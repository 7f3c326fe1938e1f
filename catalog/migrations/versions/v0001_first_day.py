"""The catalog of the first day."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "batch",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_batch_business_date_branch"), ["business_date", "branch"], unique=False
        )

    op.create_table(
        "day_close",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("branch", sa.String(length=32), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("decision_key", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("business_date", "branch", name=op.f("pk_day_close")),
    )
    op.create_table(
        "log",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_log")),
    )
    op.create_table(
        "page",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("suffix", sa.String(length=8), nullable=False),
        sa.Column("byte_count", sa.Integer(), nullable=False),
        sa.Column("container_sha256", sa.String(length=64), nullable=True),
        sa.Column("page_no", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("perceptual_hash", sa.String(length=32), nullable=False),
        sa.Column("stored_at", sa.DateTime(), nullable=False),
        sa.Column("copies", sa.JSON(), nullable=False),
        sa.Column("cold_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_page")),
    )
    with op.batch_alter_table("page", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_page_perceptual_hash"), ["perceptual_hash"], unique=False
        )

    op.create_table(
        "reading",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("cpu_seconds", sa.Float(), nullable=False),
        sa.Column("wall_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_reading")),
    )
    op.create_table(
        "second_reading",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("content", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("sha256", "field", name=op.f("pk_second_reading")),
    )
    op.create_table(
        "stream_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        sa.Column("totals", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_file")),
    )
    with op.batch_alter_table("stream_file", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_stream_file_business_date"), ["business_date"], unique=False
        )

    op.create_table(
        "booked_transaction",
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("handling_branch", sa.String(length=32), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("stream_file_id", sa.Integer(), nullable=False),
        sa.Column("occur_at", sa.Text(), nullable=False),
        sa.Column("owner_branch", sa.String(length=32), nullable=False),
        sa.Column("customer_no", sa.String(length=64), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("id_type", sa.Text(), nullable=False),
        sa.Column("id_no", sa.Text(), nullable=False),
        sa.Column("business_code", sa.String(length=32), nullable=False),
        sa.Column("business_name", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("teller_no", sa.String(length=32), nullable=False),
        sa.Column("fund_account", sa.String(length=64), nullable=True),
        sa.Column("sec_account", sa.String(length=64), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=8), nullable=True),
        sa.Column("quantity", sa.Text(), nullable=True),
        sa.Column("instrument", sa.Text(), nullable=True),
        sa.Column("reviewer_no", sa.String(length=32), nullable=True),
        sa.Column("review_flag", sa.String(length=32), nullable=True),
        sa.Column("review_at", sa.Text(), nullable=True),
        sa.Column("reverse_of", sa.Text(), nullable=True),
        sa.Column("voucher_count", sa.Integer(), nullable=True),
        sa.Column("agent_name", sa.Text(), nullable=True),
        sa.Column("agent_id_no", sa.Text(), nullable=True),
        sa.Column("station", sa.Text(), nullable=True),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_file_id"],
            ["stream_file.id"],
            name=op.f("fk_booked_transaction_stream_file_id"),
        ),
        sa.PrimaryKeyConstraint(
            "business_date", "handling_branch", "serial_no", name=op.f("pk_booked_transaction")
        ),
    )
    with op.batch_alter_table("booked_transaction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_booked_transaction_customer_no"), ["customer_no"], unique=False
        )

    op.create_table(
        "delivery",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("page_no", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("quarantined_as", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_delivery_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("batch_id", "sequence", name=op.f("uq_delivery_batch_id_sequence")),
    )
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_delivery_sha256"), ["sha256"], unique=False)

    op.create_table(
        "stream_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stream_file_id", sa.Integer(), nullable=False),
        sa.Column("business_date", sa.Date(), nullable=False),
        sa.Column("handling_branch", sa.String(length=32), nullable=False),
        sa.Column("serial_no", sa.String(length=32), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["stream_file_id"], ["stream_file.id"], name=op.f("fk_stream_change_stream_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stream_change")),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("check", sa.String(length=8), nullable=False),
        sa.Column("severity", sa.String(length=8), nullable=False),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Column("limit", sa.Text(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_finding_delivery_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_delivery_id"), ["delivery_id"], unique=False)


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_delivery_id"))

    op.drop_table("finding")
    op.drop_table("stream_change")
    with op.batch_alter_table("delivery", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_delivery_sha256"))

    op.drop_table("delivery")
    with op.batch_alter_table("booked_transaction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_booked_transaction_customer_no"))

    op.drop_table("booked_transaction")
    with op.batch_alter_table("stream_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stream_file_business_date"))

    op.drop_table("stream_file")
    op.drop_table("second_reading")
    op.drop_table("reading")
    with op.batch_alter_table("page", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_page_perceptual_hash"))

    op.drop_table("page")
    op.drop_table("log")
    op.drop_table("day_close")
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_batch_business_date_branch"))

    op.drop_table("batch")
