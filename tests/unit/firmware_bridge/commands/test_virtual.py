"""`firmware-bridge virtual`: what its options make of a machine is shown over a pty; here, what they refuse."""

import pytest
from click.testing import CliRunner

from firmware_bridge.commands.virtual import command
from firmware_bridge.errors import UsageError


@pytest.mark.parametrize("setting", ["20", "x=1", "20=on", "=1", "20=-1", "20=nan", "20=1e999"])
def test_a_setting_is_a_number_and_a_value(tmp_path, setting):
    done = CliRunner().invoke(command, ["grbl", "--link", str(tmp_path / "router"), "--set", setting])
    assert done.exit_code == 2
    assert "is no setting; write 20=0" in done.output
    assert not (tmp_path / "router").is_symlink()


def test_a_setting_that_grbl_does_not_have_is_refused(tmp_path):
    done = CliRunner().invoke(command, ["grbl", "--link", str(tmp_path / "router"), "--set", "9999=1"])
    assert done.exit_code == 2
    assert "Grbl has no setting $9999; it has 0, 1, " in " ".join(done.output.split())
    assert not (tmp_path / "router").is_symlink()


@pytest.mark.parametrize("machine", ["marlin", "grbl"])
def test_a_record_that_cannot_be_written_is_told(tmp_path, machine):
    link, record = tmp_path / "machine", tmp_path / "nowhere" / "record.jsonl"
    done = CliRunner().invoke(command, [machine, "--link", str(link), "--record", str(record)])
    assert isinstance(done.exception, UsageError)
    assert str(done.exception) == f"cannot write the record {record}: No such file or directory"
    assert not link.is_symlink()


@pytest.mark.parametrize("machine", ["marlin", "grbl"])
def test_both_machines_offer_the_same_faults(machine):
    told = CliRunner().invoke(command, [machine, "--help"]).output
    for fault in ("--flip-every", "--drop-every", "--lose-ok-every", "--double-ok-every", "--reset-after"):
        assert fault in told
