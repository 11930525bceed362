import stat

import pytest

from firmware_bridge.agent.home import Home
from firmware_bridge.errors import BridgeError
from firmware_bridge.machine import Link, MachineProfile


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_home_is_its_owners_alone(tmp_path):
    home = Home(tmp_path / "state" / "bridge")
    home.prepare()
    assert mode(home.folder) == 0o700
    assert mode(home.database) == 0o600


def test_a_folder_that_was_there_keeps_its_mode_and_what_is_made_in_it_is_private(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o755)
    home = Home(folder)
    home.prepare()
    assert mode(folder) == 0o755
    assert {mode(home.folder / name) for name in ("machines", "programs", "journals", "locks")} == {0o700}
    assert mode(home.database) == 0o600


def test_a_folder_anybody_may_write_in_is_no_home(tmp_path):
    tmp_path.chmod(0o1777)
    with pytest.raises(BridgeError, match="anybody may write"):
        Home(tmp_path).prepare()
    assert list(tmp_path.iterdir()) == []


def test_machines_that_share_a_name_are_told_apart_by_their_fingerprints_and_twins_are_left_out(tmp_path):
    home = Home(tmp_path / "bridge")
    home.prepare()
    shared = "/dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"
    for name, link in {
        "left": Link(port=shared, fingerprint="marlin-uuid:0123456789abcdef"),
        "right": Link(port=shared, fingerprint="marlin-uuid:fedcba9876543210"),
        "twin": Link(port=shared, fingerprint="marlin-uuid:fedcba9876543210"),
        "wanderer": Link(fingerprint="marlin-uuid:00000000aaaaaaaa"),
        "nowhere": Link(),
    }.items():
        (home.machines / f"{name}.toml").write_text(MachineProfile(name=name, link=link).to_toml())
    good, left_out = home.load_machines()
    assert set(good) == {"left", "right", "wanderer"}
    assert "already that of right" in left_out["twin"]
    assert "firmware-bridge identify" in left_out["nowhere"]


def home_with(tmp_path, **links):
    home = Home(tmp_path / "home")
    home.prepare()
    for name, link in links.items():
        (home.machines / f"{name}.toml").write_text(MachineProfile(name=name, link=Link(**link)).to_toml())
    return home


@pytest.mark.parametrize(
    ("link", "named"),
    [
        ({"host": "octoprint", "key": "k"}, "no address of OctoPrint"),
        ({"host": "octoprint", "url": "octopi.local", "key": "k"}, "no address of OctoPrint"),
        ({"host": "octoprint", "url": "http://octopi.local:none", "key": "k"}, "no address of OctoPrint"),
        ({"host": "octoprint", "url": "http://octopi.local/?apikey=1", "key": "k"}, "no address of OctoPrint"),
        ({"host": "prusalink", "url": "http://user:pw@printer", "key": "k"}, "no address of PrusaLink"),
        ({"host": "octoprint", "url": "http://octopi.local"}, "names no key"),
        ({"host": "octoprint", "url": "http://8.8.8.8", "key": "k"}, "over the internet in the clear"),
        ({"host": "octoprint", "url": "http://octopi.local", "key": "k\n"}, "characters that no key has"),
        ({}, "names no port"),
    ],
)
def test_a_machine_that_cannot_be_reached_is_left_out_by_name(tmp_path, link, named):
    good, left_out = home_with(tmp_path, other=link).load_machines()
    assert good == {}
    assert named in left_out["other"]


@pytest.mark.parametrize(
    "link",
    [
        {"host": "octoprint", "url": "http://octopi.local", "key": "k"},
        {"host": "octoprint", "url": "http://192.168.1.4:5000", "key": "k"},
        {"host": "octoprint", "url": "https://8.8.8.8/octoprint/", "key": "k"},
        {"host": "moonraker", "url": "http://voron.lan:7125"},
        {"host": "prusalink", "url": "http://[fe80::1]", "key": "k"},
        {"port": "/dev/ttyUSB0"},
    ],
)
def test_links_that_may_be_used(tmp_path, link):
    good, left_out = home_with(tmp_path, other=link).load_machines()
    assert set(good) == {"other"}
    assert left_out == {}


def test_two_profiles_are_not_one_machine(tmp_path):
    one = {"host": "octoprint", "url": "http://octopi.local", "key": "k"}
    good, left_out = home_with(tmp_path, a=one, b=one | {"url": "http://octopi.local/"}).load_machines()
    assert set(good) == {"a"}
    assert left_out == {"b": "its host http://octopi.local is already that of a"}


def test_a_router_is_loaded_and_what_the_gate_cannot_judge_is_left_out_with_its_reason(tmp_path):
    home = Home(tmp_path)
    home.prepare()
    link = '[link]\nport = "/dev/{}"\n'.format
    (home.machines / "mill.toml").write_text(
        'name = "Mill"\nprocess = "milling"\nmaterials = [{name = "MDF"}]\n' + link("mill")
    )
    (home.machines / "odd.toml").write_text('name = "Odd"\nfirmware = "grbl"\n' + link("odd"))
    (home.machines / "fast.toml").write_text(
        'name = "Fast"\nprocess = "milling"\nmaterials = [{name = "MDF"}]\n'
        'programs = {start = "M3 S30000"}\n' + link("fast")
    )
    machines, left_out = home.load_machines()
    assert {name: machine.published.volume.z_mm for name, machine in machines.items()} == {"mill": 45}
    assert "not for fff with grbl" in left_out["odd"]
    assert "M3 S30000 is over the limit of 12000" in left_out["fast"]


def test_a_key_for_slicers_that_cannot_be_had_is_an_error_of_the_bridge(tmp_path):
    """So that it goes on without its page."""
    home = Home(tmp_path / "home")
    with pytest.raises(BridgeError, match="No such file or directory"):
        home.api_key()
    home.prepare()
    key = home.folder / "api-key"
    key.write_bytes(b"\xff" * 32)
    with pytest.raises(BridgeError, match="cannot read the key for slicers"):
        home.api_key()
    key.unlink()
    key.mkdir()
    with pytest.raises(BridgeError, match="cannot read the key for slicers"):
        home.api_key()
