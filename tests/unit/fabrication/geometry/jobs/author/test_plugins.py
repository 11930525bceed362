"""What is shipped for designs can be imported without harm to the zygote that forks their builds."""

import json
import subprocess
import sys

from fabrication.geometry.jobs.author.imports import PLUGINS

CODE = """
import json, os, sys
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the supervisor starts the zygote
import fabrication.geometry.jobs.build
import fabrication.geometry.jobs.author.plugins
before, threads = sorted(sys.modules), len(os.listdir("/proc/self/task"))
from sklearn.cluster import DBSCAN
found = DBSCAN(eps=1.0, min_samples=1).fit([[0.0], [0.5], [9.0]]).labels_.tolist()
print(json.dumps({"threads": threads, "loaded": before, "found": found}))
"""


def test_every_plugin_is_loaded_beforehand_and_starts_no_thread():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["threads"] == 1
    assert set(PLUGINS) <= set(seen["loaded"])
    assert "sklearn.utils" not in seen["loaded"], "half of what the plugins would take"
    assert seen["found"] == [0, 0, 1], "and yet it is there when it is called"
    assert not done.stderr
