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
