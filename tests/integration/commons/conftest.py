"""The world of dispatch, on each database."""

import pytest

from commons.db import Database
from tests.integration.commons.world import World, config_for


@pytest.fixture
def world(database: Database, tmp_path) -> World:
    """People, a workshop with a paired bridge, and a time of the test's own."""
    return World(database, config_for(tmp_path))
