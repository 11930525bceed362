import stat

import pytest

from firmware_bridge.agent.home import Home
from firmware_bridge.errors import BridgeError


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
