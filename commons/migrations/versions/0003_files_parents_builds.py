"""Files beside a script, the revisions a design was made from, and builds as long work"""

import sqlalchemy as sa
from alembic import op

from commons.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "design_parent",
        sa.Column("design_id", sa.String(length=32), nullable=False),
        sa.Column("revision_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["design_id"], ["design.id"], name=op.f("fk_design_parent_design_id_design")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_design_parent_revision_id_revision")),
        sa.PrimaryKeyConstraint("design_id", "revision_id", name=op.f("pk_design_parent")),
    )
    op.create_index("ix_design_parent_revision_id", "design_parent", ["revision_id"])
    # What stands in the tables already has neither files nor anything more to say.
    op.add_column("revision", sa.Column("files", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("work", sa.Column("about", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("work", sa.Column("began", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("work", "began")
    op.drop_column("work", "about")
    op.drop_column("revision", "files")
    op.drop_table("design_parent")
