import os

import pytest

from fabrication.geometry.confinement import canaries


def test_without_walls_every_canary_but_what_a_host_refuses_anyway_sings(tmp_path):
    bait = tmp_path / "bait"
    bait.write_text("bait")
    for name, act in canaries._acts(str(bait), os.getpid()).items():
        bait.write_text("bait")
        if name == "fork":  # a test process may have threads
            continue
        got = act()
        if isinstance(got, int):
            os.close(got)
        elif hasattr(got, "close"):
            got.close()


def test_the_first_that_sings_is_named(tmp_path):
    (tmp_path / "bait").write_text("bait")
    with pytest.raises(canaries.WallMissing, match="it could open the passwd file"):
        canaries.prove(str(tmp_path / "bait"), os.getppid())
