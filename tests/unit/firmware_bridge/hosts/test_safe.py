"""A machine switched off through a host that says what it is told to say."""

import pytest

from firmware_bridge.errors import LinkLost
from firmware_bridge.hosts.host import Phase, Seen
from firmware_bridge.hosts.safe import make_safe
from firmware_bridge.protocol.conversation import Temperatures

HOT, COLD = Temperatures(210, 210, 60, 60), Temperatures(150, 0, 50, 0)


class Saying:
    """A host whose looks are these, the last of them for ever."""

    name = "PrusaLink"

    def __init__(self, *looks):
        self.looks, self.asked, self.now = list(looks), [], 0.0

    def look(self):
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def cancel(self):
        self.asked.append("cancel")

    def heaters_off(self):
        self.asked.append("off")

    def wait(self, seconds):
        self.now += seconds

    def make_safe(self):
        make_safe(self, lambda job: job == "ours", clock=lambda: self.now, wait=self.wait)


OURS, NAMELESS = Seen(Phase.WORKING, "ours", heat=HOT), Seen(Phase.WORKING, heat=HOT)


def test_a_job_without_a_name_is_nobodys_and_waited_for():
    """A host that is ending our job may have forgotten its name before its heaters are off."""
    host = Saying(OURS, NAMELESS, NAMELESS, Seen(Phase.IDLE, heat=HOT), Seen(Phase.IDLE, heat=COLD))
    host.make_safe()
    assert host.asked == ["cancel", "off"]


def test_a_job_that_never_gets_a_name_is_not_cancelled_and_not_called_safe():
    host = Saying(NAMELESS)
    with pytest.raises(LinkLost, match="it works and does not say on what"):
        host.make_safe()
    assert host.asked == []


def test_what_its_owner_prints_is_the_owners():
    host = Saying(OURS, Seen(Phase.WORKING, "vase", heat=HOT))
    host.make_safe()
    assert host.asked == ["cancel"]
