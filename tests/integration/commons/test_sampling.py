"""What is remembered of tries, on each database, whoever tries at once."""

import threading

from commons.accounts.services import commons_account
from commons.catalog.sampling.services import known_of, least_tried, record, tried_of, volumes
from commons.catalog.services import add
from commons.catalog.submissions.model import Submission
from commons.workshops.models import Machine
from commons.workshops.services import profile_of
from fabrication.artefacts import ArtefactStore
from fabrication.geometry.feasible.samples import GENERIC_MM, Outcome, Sample, point_key
from fabrication.geometry.parameters import read_parameters
from firmware_bridge.machine import MachineProfile

SCRIPT = "a = 3.0  # [0:0.1:10] mm\nb = 1  # [1:9]\nrow = (1.0, 2)"


def sample(a: float, **more) -> Sample:
    outcome = Outcome.REFUSED if a > 7 else Outcome.BUILT
    return Sample(values={"a": a, "b": 1, "row": (1.0, 2)}, outcome=outcome, words="too wide" if a > 7 else "", **more)


def add_design(database, tmp_path) -> str:
    manifest = {"name": "Hook", "function": "", "license": "CC0-1.0"}
    with database.write() as session:
        submission = Submission(slug="hook", script=SCRIPT, manifest=manifest, readme="")
        store = ArtefactStore(tmp_path / "artefacts")
        return add(session, store, submission, commons_account(session)).revision.source_sha256


def test_values_come_back_as_they_went(database, tmp_path):
    source = add_design(database, tmp_path)
    tries = [sample(2.7, sizes_mm=((1.5, 2.0, 3.0),), seconds=0.125), sample(7.2), sample(10.0)]
    with database.write() as session:
        for each in tries:
            record(session, source, each)
    with database.read() as session:
        assert tried_of(session, source) == {point_key(each.values): each for each in tries}
        known = known_of(session, source, read_parameters(SCRIPT))
        assert known is known_of(session, source, read_parameters(SCRIPT))
    assert known.tried == 3
    assert [(mark["parameter"], mark["low"], mark["high"]) for mark in known.marks] == [("a", 7.2, 10.0)]
    with database.write() as session:
        record(session, source, sample(7.1))
    with database.read() as session:
        assert known_of(session, source, read_parameters(SCRIPT)).marks[0]["low"] == 7.1


def test_two_that_try_the_same_at_once_leave_one_row_and_no_error(database, tmp_path):
    source = add_design(database, tmp_path)
    ready, failed = threading.Barrier(2), []

    def try_all(seconds: float) -> None:
        ready.wait(10)
        for tenth in range(30):
            try:
                with database.write() as session:
                    record(session, source, sample(tenth / 10, seconds=seconds))
            except Exception as error:  # noqa: BLE001 (a thread's error is told below)
                failed.append(error)

    threads = [threading.Thread(target=try_all, args=(seconds,)) for seconds in (1.0, 2.0)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.read() as session:
        assert len(tried_of(session, source)) == 30
        assert list(least_tried(session, 30)) == []
        assert [revision.source_sha256 for revision in least_tried(session, 31)] == [source]


def test_a_machine_here_says_what_fits(world):
    with world.database.read() as session:
        volume = world.profile.volume
        assert volumes(session) == ((volume.x_mm, volume.y_mm, volume.z_mm),)


def test_what_a_router_here_reaches_says_nothing_of_what_prints(world):
    router = MachineProfile.parse('name = "CNC"\nprocess = "milling"').published()
    world.sync(profile=router)
    with world.database.read() as session:
        assert profile_of(session.get_one(Machine, world.machine_id())) == router
        assert volumes(session) == (GENERIC_MM,)
