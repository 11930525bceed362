from firmware_bridge.protocol.marlin.lines import watchdog
from firmware_bridge.virtual.marlin import VirtualMarlin


def test_the_firmware_understands_its_watchdog_being_set_and_cleared():
    machine = VirtualMarlin()
    machine.receive(watchdog(300), 0.0)
    assert machine.advance(0.0).endswith(b"ok\n")
    assert machine.printer.halts_at == 300
    machine.receive(watchdog(0), 1.0)
    machine.advance(1.0)
    assert machine.printer.halts_at == float("inf")
