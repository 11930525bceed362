"""Submissions kept in the store of artefacts until they are built."""

import json
from dataclasses import dataclass

from commons.catalog.submissions.model import Submission
from fabrication.artefacts import ArtefactStore


@dataclass(frozen=True)
class Kept:
    """A submission, and the address of the form that it came from, a path on this site."""

    submission: Submission
    form: str


def keep(store: ArtefactStore, each: Kept) -> str:
    """The name of what is kept, a sha256 in hexadecimal; the same again has the same name."""
    submission = each.submission
    said = {
        "form": each.form,
        "slug": submission.slug,
        "script": store.put(submission.script.encode()),
        "manifest": submission.manifest,
        "readme": submission.readme,
        "files": {name: store.put(data) for name, data in submission.files.items()},
        "parents": submission.parents,
    }
    return store.put(json.dumps(said, sort_keys=True, ensure_ascii=False).encode())


def kept(store: ArtefactStore, sha256: str) -> Kept:
    """What `keep` was given. Raises `ArtefactError`."""
    said = json.loads(store.get(sha256))
    submission = Submission(
        slug=said["slug"],
        script=store.get(said["script"]).decode(),
        manifest=said["manifest"],
        readme=said["readme"],
        files={name: store.get(data) for name, data in said["files"].items()},
        parents=tuple(said["parents"]),
    )
    return Kept(submission, said["form"])
