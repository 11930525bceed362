"""What idle time has tried of each design"""

import sqlalchemy as sa
from alembic import op

from commons.db import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sample",
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("engine", sa.String(length=120), nullable=False),
        sa.Column("point_key", sa.String(length=64), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum("built", "invalid", "refused", "crashed", "killed", name="outcome", native_enum=False, length=10),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=True),
        sa.Column("sizes_mm", sa.JSON(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("source_sha256", "engine", "point_key", name=op.f("pk_sample")),
    )


def downgrade() -> None:
    op.drop_table("sample")
