"""People who bring designs at the same moment."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from commons.accounts.models import Account
from commons.catalog import services
from commons.catalog.submissions import submission_of_upload
from commons.errors import Conflict
from fabrication.artefacts import ArtefactStore

HOOK = submission_of_upload("hook.py", b"width = 1.0\n", title="Coat hook", licence="CC0-1.0", licensor="Ada")
AT_ONCE = 4


@pytest.fixture
def bring(world, tmp_path):
    """Adds `AT_ONCE` submissions at the same moment; the slugs they got, or what was raised."""
    store, together = ArtefactStore(tmp_path / "store"), Barrier(AT_ONCE)

    def add(submission):
        together.wait(20)
        try:
            with world.database.write() as session:
                owner = session.scalars(services.sa.select(Account)).first()
                return services.add_as_new(session, store, submission, owner).revision.design.slug
        except Conflict as conflict:
            return conflict

    def all_at_once(submissions):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(add, submissions))

    return all_at_once


def test_one_title_at_the_same_moment_makes_designs_of_their_own(bring):
    for turn in range(5):
        title = f"coat-hook-of-{turn}x"
        found = bring([dataclasses.replace(HOOK, slug=title, readme=f"{turn} {number}") for number in range(AT_ONCE)])
        assert sorted(found) == [title, *(f"{title}-{number}" for number in range(2, AT_ONCE + 1))]


def test_a_form_that_is_sent_twice_makes_one_design(bring):
    for turn in range(5):
        found = bring([dataclasses.replace(HOOK, readme=f"sent twice {turn}")] * AT_ONCE)
        assert sum(isinstance(each, str) for each in found) == 1
