"""Planning a claimed job with the real forge and the real slicer: ready, or on the board with the reason."""

import msgspec
import pytest

from commons.db import Database
from commons.orders.models import Job
from commons.work.planner import Planner
from commons.work.queue import Turn
from fabrication.dispatch.states import JobState
from fabrication.geometry.client import ForgeClient
from fabrication.geometry.service import Geometry
from fabrication.recipes import Source
from firmware_bridge import gcode
from firmware_bridge.machine import Limits, Programs, Volume
from firmware_bridge.wire import Lease
from tests.integration.commons.world import PROFILE, World, config_for

SCRIPT = """
import cadquery as cq
width = 12.0  # [5:50] mm  Width
show_object(cq.Workplane().box(width, width, 4), name="tile")
"""


@pytest.fixture
def sqlite_world(tmp_path, geometry):
    """One job for a tile of 12 mm, claimed for the world's machine by `claim_for`."""
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    database.migrate()
    store = geometry._store
    world = World(database, config_for(tmp_path), script_sha256=store.put(SCRIPT.encode()))
    world.store = store
    yield world
    database.dispose()


def claimed(world: World, geometry: Geometry, **profile: object) -> str:
    build = geometry.build(Source(SCRIPT), {})
    (job_id,) = world.order(build=build)
    world.profile = msgspec.structs.replace(PROFILE, **profile)
    world.sync()
    world.claim(job_id)
    return job_id


def planned(world: World, geometry: Geometry, job_id: str) -> Job:
    Planner(world.database, geometry, world.store).plan(Turn("plan:1", "plan", job_id, 1))
    return world.job(job_id)


def test_a_claimed_job_becomes_ready_with_a_program_of_its_machine(sqlite_world, geometry, tmp_path):
    job_id = claimed(sqlite_world, geometry)
    job = planned(sqlite_world, geometry, job_id)
    assert (job.state, job.reason) == (JobState.READY, "")
    assert job.filament_g > 0.3
    assert job.estimate_s > 30
    program = tmp_path / "program.gcode"
    program.write_bytes(sqlite_world.store.get(job.program_sha256))
    assert gcode.verify(program, sqlite_world.profile, "PLA").size_bytes == job.program_bytes
    _, (lease,) = sqlite_world.sync()
    assert isinstance(lease, Lease)
    assert lease.program_sha256 == job.program_sha256


def test_without_a_slicer_the_job_is_back_and_closed_to_nobody(sqlite_world, geometry, monkeypatch, tmp_path):
    job_id = claimed(sqlite_world, geometry)
    monkeypatch.setenv("PATH", str(tmp_path))
    job = planned(sqlite_world, geometry, job_id)
    assert (job.state, job.refusals) == (JobState.OPEN, [])
    assert "prusa-slicer" in job.reason
    monkeypatch.undo()
    sqlite_world.claim(job_id)
    assert planned(sqlite_world, geometry, job_id).state is JobState.READY


def test_without_a_forge_the_job_is_back_and_closed_to_nobody(sqlite_world, geometry, tmp_path):
    job_id = claimed(sqlite_world, geometry)
    gone = Geometry(ForgeClient(tmp_path / "nobody.sock"), type(sqlite_world.store)(tmp_path / "empty"))
    job = planned(sqlite_world, gone, job_id)
    assert (job.state, job.refusals) == (JobState.OPEN, [])
    assert "forge" in job.reason


def test_a_program_beyond_the_machines_limits_is_refused_in_words(sqlite_world, geometry):
    start = "G90\nG28\nG1 Z5 F99000\n"
    job_id = claimed(sqlite_world, geometry, programs=Programs(start=start), limits=Limits(feed_max_mm_min=6000))
    job = planned(sqlite_world, geometry, job_id)
    assert job.state is JobState.OPEN
    assert [refusal.machine_id for refusal in job.refusals] == [sqlite_world.machine_id()]
    assert "6000" in job.reason


def test_a_part_too_large_for_the_bed_with_its_skirt_cannot_be_claimed(sqlite_world, geometry):
    from commons.errors import Invalid

    with pytest.raises(Invalid, match="12"):
        claimed(sqlite_world, geometry, volume=Volume(x_mm=10, y_mm=10, z_mm=10))


def test_a_job_given_back_while_it_is_planned_stays_given_back(sqlite_world, geometry):
    from commons.orders import services as orders

    job_id = claimed(sqlite_world, geometry)

    class Slow(Geometry):
        def export(self, *arguments: object, **options: object) -> bytes:
            sqlite_world.acting(sqlite_world.owner_id, orders.release, job_id)
            return geometry.export(*arguments, **options)

    slow = Slow(geometry._forge, sqlite_world.store)
    job = planned(sqlite_world, slow, job_id)
    assert (job.state, job.program_sha256) == (JobState.OPEN, None)


def test_what_nobody_expected_is_raised_and_the_job_is_back(sqlite_world, geometry):
    job_id = claimed(sqlite_world, geometry)

    class Broken(Geometry):
        def export(self, *_arguments: object, **_options: object) -> bytes:
            raise RuntimeError("a bug of ours")

    with pytest.raises(RuntimeError):
        planned(sqlite_world, Broken(geometry._forge, sqlite_world.store), job_id)
    job = sqlite_world.job(job_id)
    assert job.state is JobState.OPEN
    assert "inside the commons" in job.reason
