"""Files that people bring: STEP, STL, 3MF and OBJ become bodies, or one sentence that says why not.

Only confined children import this. Each format has a reader that takes hostile bytes: it holds what it counts to
`limits.py` before it makes anything of it, opens no other file and follows no name in the file out of it.
"""

from fabrication.geometry.jobs.uploads.models import ENDINGS, Upload, UploadedBody, read_model, read_upload

__all__ = ["ENDINGS", "Upload", "UploadedBody", "read_model", "read_upload"]
