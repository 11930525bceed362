"""What the person who pairs a bridge reads, from a commons over HTTP."""

import msgspec
import pytest

from firmware_bridge import wire
from firmware_bridge.agent.home import Credentials, Home

CODE = wire.PairingCode(
    device_code="d", user_code="BCDF-GHJK", verification_uri="http://site/pair", expires_in=900, interval=1
)


@pytest.fixture
def paired(shed, commons):
    """What `pair` says, by line, at a commons that lets every bridge in."""
    commons.override("device", 200, msgspec.json.encode(CODE))
    commons.override("token", 200, msgspec.json.encode(wire.TokenAnswer(access_token="t", workshop="The shed")))

    def paired():
        done = shed.ask("pair", commons.url)
        assert done.returncode == 0, done.stderr
        assert "`" not in done.stdout + done.stderr
        assert done.stderr == "waiting until it is typed there, within 15 min; Ctrl-C gives up\n"
        assert Home(shed.home).credentials().token == "t"
        code, *further = done.stdout.splitlines()
        assert code == "open http://site/pair and type this code: BCDF-GHJK"
        return further

    return paired


def test_without_a_machine_it_says_how_to_describe_one(shed, commons, paired):
    (shed.home / "commons.toml").unlink()
    first, then = paired()
    assert first == f"paired with The shed at {commons.url}"
    assert then.startswith(f"{shed.home}/machines has no machine's file yet: firmware-bridge identify lists the ports")
    assert f"firmware-bridge identify --port PORT -o {shed.home}/machines/NAME.toml" in then
    assert then.endswith(f"; then: firmware-bridge run --home {shed.home}")


def test_paired_again_it_says_what_becomes_of_the_earlier_pairing_and_of_its_machines(shed, commons, paired):
    Home(shed.home).save_credentials(Credentials(url="http://127.0.0.1:1", token="old", workshop="The barn"))
    shed.machine("ender")
    shed.machine("cnc")
    _, before, machines = paired()
    assert before.startswith("it was paired with The barn at http://127.0.0.1:1 before: unpair that bridge on the")
    assert machines == f"machines: cnc, ender (from {shed.home}/machines); next: firmware-bridge run --home {shed.home}"


def test_a_pairing_that_cannot_be_read_is_replaced(shed, paired):
    (shed.home / "commons.toml").write_text("url = ")
    assert len(paired()) == 2


@pytest.mark.parametrize(("left_out", "said"), [(False, "writes what the machine there is"), (True, "mend one")])
def test_a_bridge_without_a_machine_says_how_one_is_described(shed, left_out, said):
    if left_out:
        shed.machine("ender", name="x", link={"port": ""})
    done = shed.ask("run")
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert ("ender is left out" in done.stderr) is left_out
    assert ("firmware-bridge identify --port PORT" in done.stderr.splitlines()[-1]) is not left_out
