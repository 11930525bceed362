"""Since when a bridge has a machine no more"""

import sqlalchemy as sa
from alembic import op

from commons.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("machine", sa.Column("removed", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("machine", "removed")
