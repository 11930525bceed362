import pytest

from tests.integration.firmware_bridge.hosts.fake_hosts import FAKES


@pytest.fixture(params=FAKES, ids=lambda kind: kind.kind)
def fake(request):
    """A host of each kind, up."""
    host = request.param()
    host.up()
    yield host
    host.down()
