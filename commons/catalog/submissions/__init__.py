"""What a person hands in as one state of a design, read from disk or from an upload."""

from commons.catalog.submissions.folder import read_submission
from commons.catalog.submissions.model import Submission, slug_of
from commons.catalog.submissions.remix import PARENT_SHAPE, remix_of
from commons.catalog.submissions.upload import submission_of_upload

__all__ = ["PARENT_SHAPE", "Submission", "read_submission", "remix_of", "slug_of", "submission_of_upload"]
