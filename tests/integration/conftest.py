"""A real forge for whoever needs one, started once a process."""

import tempfile
from pathlib import Path

import pytest

from fabrication.artefacts import ArtefactStore
from fabrication.geometry.client import ForgeClient, start_forge
from fabrication.geometry.service import Geometry


@pytest.fixture(scope="session")
def forge():
    """A real forge, whose walls hold on this machine; a test that passed without them would prove nothing."""
    with tempfile.TemporaryDirectory(prefix="forge-") as folder:  # a socket's path must be short
        socket = Path(folder) / "forge.sock"
        process = start_forge(socket, Path(folder) / "forge.log")
        try:
            client = ForgeClient(socket)
            assert client.health().ready, client.health().reason
            yield client
        finally:
            process.communicate(timeout=20)


@pytest.fixture
def geometry(forge, tmp_path):
    return Geometry(forge, ArtefactStore(tmp_path / "artefacts"))
