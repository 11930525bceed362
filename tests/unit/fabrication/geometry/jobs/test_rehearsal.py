import os
import subprocess
import sys

import pytest

from fabrication.geometry.supervisor.zygote_link import _ENVIRONMENT

_REHEARSE_AND_FORK = """
import os
import cadquery as cq
from fabrication.geometry.jobs.rehearsal import rehearse
rehearse()
cq.Workplane().box(5, 5, 5).cut(cq.Workplane().box(1, 1, 9))
assert len(os.listdir("/proc/self/task")) == 1, "a thread was left behind"
child = os.fork()
if child == 0:
    cut = cq.Workplane().box(5, 5, 5).cut(cq.Workplane().box(1, 1, 9)).val()
    os._exit(0 if abs(cut.Volume() - 120) < 1e-6 else 1)
assert os.waitpid(child, 0)[1] == 0
"""

_TOO_LATE = """
import cadquery as cq
cq.Workplane().box(5, 5, 5).cut(cq.Workplane().box(1, 1, 9))
from fabrication.geometry.jobs.rehearsal import rehearse
rehearse()
"""


def test_after_a_rehearsal_there_is_one_thread_and_a_child_can_cut():
    subprocess.run([sys.executable, "-c", _REHEARSE_AND_FORK], check=True, timeout=60, env=_ENVIRONMENT)


@pytest.mark.skipif(len(os.sched_getaffinity(0)) == 1, reason="on one processor the kernel's own pool is one thread")
def test_a_pool_that_is_there_already_is_found_out():
    said = subprocess.run([sys.executable, "-c", _TOO_LATE], capture_output=True, text=True, timeout=60, check=False)
    assert "before it could be kept to one" in said.stderr
