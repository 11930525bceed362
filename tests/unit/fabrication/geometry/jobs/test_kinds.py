import subprocess
import sys

from fabrication.geometry.jobs import KINDS

_IMPORT_ALL = """
import sys
from importlib import import_module
from fabrication.geometry.jobs import KINDS
for kind in KINDS.values():
    import_module(kind.module)
print(sorted(set(name.partition(".")[0] for name in sys.modules) & {"commons", "firmware_bridge", "flask", "sqlalchemy"}))
"""


def test_confined_children_know_nothing_of_the_site_or_of_machines():
    """What the zygote has loaded any script can read, and the outer wall shows it no more than `fabrication`."""
    assert KINDS
    said = subprocess.run([sys.executable, "-c", _IMPORT_ALL], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_build_has_two_minutes_and_other_kinds_what_limits_say():
    """A script of 30 s is normal: the ordinary limit of 20 s is for jobs that run no author's code."""
    build = KINDS["build"].limits.tightened(None)
    assert (build.cpu_s, build.wall_s) == (120, 120.0)
    assert (KINDS["measure"].limits.cpu_s, KINDS["measure"].limits.wall_s) == (10, 20.0)
