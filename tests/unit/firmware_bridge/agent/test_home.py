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
