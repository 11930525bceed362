"""A remix by code: a new design whose source was changed from a revision of another."""

from collections.abc import Mapping

from commons.catalog.submissions.manifest import licensors, written_manifest
from commons.catalog.submissions.model import Submission, check_files, checked_text, slug_of

PARENT_SHAPE = "parent.step"
"""What `import_step` calls the parent's body, where a remix starts from that instead of from its script."""


def remix_of(
    parent_id: str, parent: Mapping[str, object], *, script: str, files: Mapping[str, bytes], title: str,
    licensor: str, summary: str = "",
) -> Submission:  # fmt: skip
    """The submission of `licensor`'s remix of the revision `parent_id`, whose manifest is `parent`.

    It carries its parent's licence, and names its parent's licensors before the new one.
    Raises `Invalid` naming what is wrong with it.
    """
    script = checked_text(script.replace("\r\n", "\n").encode("utf-8", "surrogatepass"), "the script")
    check_files(files, "the remix")
    people = [*licensors(parent), licensor]
    manifest = written_manifest(
        title, str(parent.get("license", "")), licensor, summary or str(parent.get("function", "")), "the remix"
    )
    manifest["licensor"] = list(dict.fromkeys(people))
    if fork_of := parent.get("repo"):
        manifest["forkOf"] = fork_of
    return Submission(slug_of(title), script, manifest, "", dict(files), (parent_id,))
