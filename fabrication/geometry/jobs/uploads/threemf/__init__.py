"""3MF: a zip (`package.py`), XML in it (`xml.py`) that says objects (`model.py`), and where they lie (`build.py`)."""

from fabrication.geometry.jobs.uploads.threemf.build import read_3mf

__all__ = ["read_3mf"]
