import os
import subprocess
import sys

import pytest


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def bridge(home):
    """A command of the bridge, as typed."""

    def run(*arguments):
        command = [sys.executable, "-m", "firmware_bridge", *(str(each) for each in arguments)]
        environment = {**os.environ, "FIRMWARE_BRIDGE_HOME": str(home)}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)

    return run
