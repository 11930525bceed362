import dataclasses

import pytest

from commons.accounts import services as accounts
from commons.catalog import services
from commons.catalog.models import Revision
from commons.catalog.submissions import Submission
from commons.errors import Conflict, Forbidden, NotFound
from fabrication.errors import SourceError
from fabrication.geometry.parameters import read_parameters
from fabrication.recipes import Source

SCRIPT = "width = 20.0  # [10:30] mm  Outer width\nshow_object(width)\n"
MANIFEST = {"name": "Hook 100%", "function": "Holds a coat.", "license": "CC0-1.0", "licensor": "Ada"}
HOOK = Submission("hook", SCRIPT, MANIFEST, "# Hook\nGalvanised.")


@pytest.fixture
def session(app):
    with app.extensions["database"].write() as session:
        yield session


@pytest.fixture
def store(app):
    return app.extensions["artefacts"]


@pytest.fixture
def ada(session):
    return accounts.sign_up(session, handle="ada", name="Ada", password_hash="x")


def test_the_same_submission_is_the_same_revision(session, store, ada):
    first = services.add(session, store, HOOK, ada)
    again = services.add(session, store, HOOK, ada)
    assert first.new
    assert not again.new
    assert again.revision is first.revision


def test_a_changed_readme_is_a_new_revision_of_the_same_geometry(session, store, ada):
    first = services.add(session, store, HOOK, ada).revision
    second = services.add(session, store, dataclasses.replace(HOOK, readme="Better words."), ada).revision
    assert (first.number, second.number) == (1, 2)
    assert first.id != second.id
    assert first.source_sha256 == second.source_sha256 == Source(SCRIPT).sha256
    assert services.newest_revision(session, "hook") is second
    assert not services.add(session, store, HOOK, ada).new


def test_title_summary_and_licence_follow_the_newest_manifest(session, store, ada):
    services.add(session, store, HOOK, ada)
    renamed = dataclasses.replace(HOOK, manifest=MANIFEST | {"name": "Peg", "license": "CERN-OHL-S-2.0"})
    design = services.add(session, store, renamed, ada).revision.design
    assert (design.title, design.licence) == ("Peg", "CERN-OHL-S-2.0")


def test_the_script_comes_back_byte_for_byte(session, store, ada):
    revision = services.add(session, store, HOOK, ada).revision
    assert services.source_of(store, revision).script == SCRIPT
    assert [p.name for p in read_parameters(services.source_of(store, revision).script)] == ["width"]


def test_what_cannot_be_read_never_gets_in(session, store, ada):
    with pytest.raises(SourceError):
        services.add(session, store, dataclasses.replace(HOOK, script="width = ("), ada)
    with pytest.raises(NotFound):
        services.newest_revision(session, "hook")


def test_nobody_revises_somebody_elses_design(session, store, ada):
    services.add(session, store, HOOK, ada)
    eve = accounts.sign_up(session, handle="eve", name="Eve", password_hash="x")
    with pytest.raises(Forbidden, match="belongs to Ada"):
        services.add(session, store, dataclasses.replace(HOOK, readme="Mine now."), eve)


def test_the_same_content_is_not_two_designs(session, store, ada):
    services.add(session, store, HOOK, ada)
    with pytest.raises(Conflict, match="as “Hook 100%”"):
        services.add(session, store, dataclasses.replace(HOOK, slug="peg"), ada)


@pytest.mark.parametrize("text", ["hook", "HOOK", "coat", "galvan", "holds hook", "100%"])
def test_search_finds_every_word_in_title_summary_or_readme(session, store, ada, text):
    services.add(session, store, HOOK, ada)
    assert [design.slug for design in services.search(session, text)] == ["hook"]


@pytest.mark.parametrize("text", ["hook zebra", "h%k", "h_ok", "'; DROP TABLE design; --"])
def test_search_takes_signs_for_themselves(session, store, ada, text):
    services.add(session, store, HOOK, ada)
    assert services.search(session, text) == []


def test_no_text_finds_everything_by_title(session):
    assert [design.slug for design in services.search(session, " ")] == ["knob", "pipe-clamp", "raspberry-pi-case"]


def test_the_shipped_designs_are_the_commons_own_and_adding_them_again_adds_nothing(session, store):
    again = services.add_shipped_designs(session, store)
    assert len(again) == 3
    assert not any(added.new for added in again)
    assert {added.revision.design.owner.handle for added in again} == {"commons"}
    assert session.query(Revision).count() == 3


def test_files_beside_a_script_are_kept_and_name_the_source(session, store, ada):
    folder = dataclasses.replace(HOOK, files={"lib/teeth.py": b"COUNT = 3\n", "outline.dxf": b"0\nEOF\n"})
    kept = services.source_of(store, services.add(session, store, folder, ada).revision)
    assert kept == folder.source
    changed = dataclasses.replace(HOOK, files={**folder.files, "outline.dxf": b"0\nSECTION\n"})
    second = services.add(session, store, changed, ada).revision
    assert second.source_sha256 == changed.source.sha256 != kept.sha256


def test_a_file_that_may_not_lie_beside_a_script_is_refused(session, store, ada):
    with pytest.raises(SourceError, match=r"'\.\./passwd' cannot lie beside a script"):
        services.add(session, store, dataclasses.replace(HOOK, files={"../passwd": b""}), ada)


def test_a_design_made_from_another_knows_it_and_is_known_by_it(session, store, ada):
    parent = services.add(session, store, HOOK, ada).revision
    services.add(session, store, dataclasses.replace(HOOK, readme="Better words."), ada)
    bigger = Submission("big-hook", SCRIPT + "width += 10\n", MANIFEST, "", parents=(parent.id,))
    child = services.add(session, store, bigger, ada).revision.design
    assert child.parents == [parent]
    assert services.made_from(session, parent.design) == [child]
    assert services.made_from(session, child) == []


@pytest.mark.parametrize(
    ("title", "slug"), [("Coat Hook", "coat-hook"), ("Hook!", "hook-2"), ("Ψ", "design"), ("x" * 90, "x" * 60)]
)
def test_a_free_slug_is_made_of_a_title(session, store, ada, title, slug):
    services.add(session, store, HOOK, ada)
    assert services.free_slug(session, title) == slug


def test_a_new_design_never_becomes_a_revision_of_another(session, store, ada):
    first = services.add_as_new(session, store, HOOK, ada).revision.design
    second = services.add_as_new(session, store, dataclasses.replace(HOOK, readme="Mine."), ada).revision.design
    assert (first.slug, second.slug) == ("hook", "hook-2")
    assert second.revisions[0].number == 1
