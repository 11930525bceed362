import os
import socket
import tempfile
from pathlib import Path

import pytest

from fabrication.geometry.confinement.limits import Limits
from fabrication.geometry.jobs import OUTPUT_NAME
from fabrication.geometry.supervisor import outputs
from fabrication.geometry.supervisor.outputs import BadOutput

SMALL = Limits(file=100, folder=150, files=2)


def collect(folder, inputs=(), limits=SMALL):
    return outputs.collect(folder, OUTPUT_NAME, frozenset(inputs), limits)


def test_named_files_are_taken_and_others_left(tmp_path):
    for name in ("part_0.brep", "preview.glb", "design.py", "Notes", ".hidden", "x.y.z", "UPPER.stl"):
        (tmp_path / name).write_text(name)
    assert collect(tmp_path, ["design.py"]) == {"part_0.brep": b"part_0.brep", "preview.glb": b"preview.glb"}


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.mkdir(),
        os.mkfifo,
        lambda path: os.mkfifo(path, 0o200),
        lambda path: (path.with_name("Other").write_text(""), path.hardlink_to(path.with_name("Other"))),
    ],
    ids=["symlink", "dangling symlink", "folder", "fifo", "write-only fifo", "hard link"],
)
def test_what_is_no_plain_file_is_refused_without_waiting(plant, tmp_path):
    plant(tmp_path / "part.stl")
    with pytest.raises(BadOutput, match=r"part\.stl is no plain file"):
        collect(tmp_path)


def test_a_planted_socket_is_refused():
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as planted:
        planted.bind(f"{folder}/part.stl")
        with pytest.raises(BadOutput):
            collect(Path(folder))


@pytest.mark.parametrize(
    ("sizes", "reason"), [([101], "larger than"), ([100, 51], "MiB of files"), ([1, 1, 1], "at most 2")]
)
def test_too_much_is_refused(sizes, reason, tmp_path):
    for index, size in enumerate(sizes):
        (tmp_path / f"part_{index}.stl").write_bytes(bytes(size))
    with pytest.raises(BadOutput, match=reason):
        collect(tmp_path)


INPUTS = {"design.py": b"x = 1", "lib/teeth.py": b"y = 2", "lib/data/a.dxf": b"0"}


def test_the_folder_holds_the_inputs_and_is_its_owners_alone(tmp_path):
    folder = outputs.make_folder(tmp_path, 7, INPUTS, None)
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert {name: (folder / name).read_bytes() for name in INPUTS} == INPUTS
    outputs.delete(folder)
    assert list(tmp_path.iterdir()) == []


def test_inputs_and_their_folders_can_only_be_read(tmp_path):
    folder = outputs.make_folder(tmp_path, 7, INPUTS, None)
    assert {oct((folder / name).stat().st_mode & 0o777) for name in INPUTS} == {"0o444"}
    assert {oct((folder / name).stat().st_mode & 0o777) for name in ("lib", "lib/data")} == {"0o555"}


def test_what_was_put_there_is_neither_measured_nor_taken(tmp_path):
    folder = outputs.make_folder(
        tmp_path, 7, {"lib.d/x": b"", "part_0.brep": bytes(90), "part_1.brep": bytes(90)}, None
    )
    ours = outputs.at_top({"lib.d/x": b"", "part_0.brep": b"", "part_1.brep": b""})
    limits = Limits(file=100, folder=5000, files=1)
    assert outputs.overfull(folder, limits, ours) is None
    (folder / "new.stl").write_bytes(b"n")
    assert outputs.overfull(folder, limits, ours) is None
    assert outputs.collect(folder, OUTPUT_NAME, ours, limits) == {"new.stl": b"n"}
    (folder / "Second").touch()
    assert outputs.overfull(folder, limits, ours) == "wrote more than 1 files"


def test_a_folder_is_measured_by_count_and_by_size_sparse_or_not(tmp_path):
    limits = Limits(folder=1024 * 1024, files=2)
    assert outputs.overfull(tmp_path, limits, frozenset()) is None
    for index in range(3):
        (tmp_path / f"{index}").touch()
    assert outputs.overfull(tmp_path, limits, frozenset()) == "wrote more than 2 files"
    assert outputs.overfull(tmp_path, limits, frozenset({"1"})) is None
    os.truncate(tmp_path / "0", 2**30)
    assert outputs.overfull(tmp_path, limits, frozenset({"1"})) == "wrote more than 1 MiB"
