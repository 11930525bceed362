"""Files that are no G-code are named by what they are."""

import io
import zipfile

import pytest

from firmware_bridge.errors import NoGcode
from firmware_bridge.gcode import check_file, generic_profile, read_lines
from firmware_bridge.gcode.kinds import SIGNATURES, why_no_gcode


def package():
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("3D/3dmodel.model", "<model/>")
    return held.getvalue()


def binary_stl(header, facets, more=b""):
    return header.ljust(80, b"\0") + facets.to_bytes(4, "little") + bytes(50) * facets + more


FILES = {
    "binary G-code of Prusa's (.bgcode)": b"GCDE\x01\x00\x00\x00\n\x02\n",
    "a picture (PNG)": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "a picture (JPEG)": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "a 3MF or another package (zip)": package(),
    "a model (STEP)": b"ISO-10303-21;\nHEADER;\n",
    "a model (STL)": b"solid cube\n facet normal 0 0 1\n",
    "a drawing (DXF)": b"  0\r\nSECTION\r\n  2\r\nHEADER\r\n",
    "a machine's profile": b'name = "Ender 3"\n',
    "a web page": b"\n<!DOCTYPE html>\n<html>",
    "XML": b"\xef\xbb\xbf<?xml version='1.0'?>",
    "text in UTF-16": "G28\n".encode("utf-16"),
}


@pytest.mark.parametrize(("what", "data"), FILES.items())
@pytest.mark.parametrize("material", [None, "PLA"])
def test_each_is_named_in_one_reason(tmp_path, what, data, material):
    path = tmp_path / "part.gcode"
    path.write_bytes(data)
    with pytest.raises(NoGcode) as refused:
        check_file(path, generic_profile("marlin"), material)
    assert str(refused.value).startswith(f"it is {what}")
    assert refused.value.refusals[0].line == 0


def test_prusas_says_what_to_set(tmp_path):
    path = tmp_path / "part.gcode"
    path.write_bytes(b"GCDE")
    assert why_no_gcode(path) == (
        "it is binary G-code of Prusa's (.bgcode), which cannot be read here: turn off Supports binary G-code in the"
        " slicer (Printer Settings, General), and slice anew"
    )


@pytest.mark.parametrize("header", [b"", b"exported by a program", b"solid exported by another"])
def test_a_binary_stl_is_known_by_its_length(tmp_path, header):
    path = tmp_path / "model"
    path.write_bytes(binary_stl(header, 12))
    assert "it is a model (STL), no G-code: slice it first" in why_no_gcode(path)
    path.write_bytes(binary_stl(b"G28\n", 12, b"\0"))
    assert why_no_gcode(path) == ""


def test_text_is_read_as_ever(tmp_path):
    path = tmp_path / "part.gcode"
    for text in ("", "G28\n", "%\nG21\n", "; solid\nG28", "\N{BYTE ORDER MARK}G28\n", "(PNG)\n" * 30, "N1 G28\n"):
        path.write_text(text, encoding="utf-8")
        assert why_no_gcode(path) == ""
        assert list(read_lines(path)) == text.removeprefix("\N{BYTE ORDER MARK}").removesuffix("\n").split("\n") * bool(
            text
        )


def test_no_signature_stands_behind_a_shorter_one():
    for number, (begins, _, _) in enumerate(SIGNATURES):
        assert not any(begins.startswith(before) for before, _, _ in SIGNATURES[:number])
