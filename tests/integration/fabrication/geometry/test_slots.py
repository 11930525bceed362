import os

from fabrication.geometry.client import ForgeClient, start_forge


def test_a_forge_has_a_slot_for_each_processor_that_it_may_use(tmp_path):
    """Not for each that there is: a container, or `taskset`, may leave it fewer."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(mine)})  # of this thread, and what it starts
    try:
        forge = start_forge(tmp_path / "forge.sock", tmp_path / "log")
    finally:
        os.sched_setaffinity(0, mine)
    try:
        assert ForgeClient(tmp_path / "forge.sock").health().slots == 1
    finally:
        forge.communicate(timeout=20)
