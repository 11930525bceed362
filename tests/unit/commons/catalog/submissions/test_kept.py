import dataclasses

import pytest

from commons.catalog.services import revision_sha256
from commons.catalog.submissions import Submission
from commons.catalog.submissions.kept import Kept, keep, kept
from fabrication.artefacts import ArtefactStore
from fabrication.errors import ArtefactMissing

WHOLE = Submission(
    slug="hook",
    script='"""Ein Häkchen."""\r\nwidth = 5.0\n',
    manifest={"name": "Häkchen", "licensor": ["Ada", {"name": "Bob"}], "mass": 1.25},
    readme="# Häkchen\n",
    files={"lib/teeth.py": b"n = 3\n", "parent.step": bytes(range(256))},
    parents=("ab" * 32,),
)
FORM = "/designs/knob/code?revision=ab&p.diameter=30"


@pytest.fixture
def store(tmp_path):
    return ArtefactStore(tmp_path / "store")


@pytest.mark.parametrize("submission", [WHOLE, Submission("a", "b = 1\n", {"name": "A"}, "")])
def test_it_comes_back_as_it_went_and_is_the_same_revision(store, submission):
    found = kept(store, keep(store, Kept(submission, FORM)))
    assert found == Kept(submission, FORM)
    assert revision_sha256(found.submission) == revision_sha256(submission)


def test_the_same_again_has_the_same_name_and_another_has_another(store):
    name = keep(store, Kept(WHOLE, FORM))
    assert keep(store, Kept(dataclasses.replace(WHOLE, files=dict(reversed(WHOLE.files.items()))), FORM)) == name
    assert keep(store, Kept(dataclasses.replace(WHOLE, readme=""), FORM)) != name
    assert keep(store, Kept(WHOLE, "/designs/new")) != name


def test_what_was_not_kept_is_missing(store):
    with pytest.raises(ArtefactMissing):
        kept(store, "0" * 64)
