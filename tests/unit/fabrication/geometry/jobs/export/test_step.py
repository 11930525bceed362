"""STEP files do not depend on where the kernel happened to put the parts in memory."""

import re

import cadquery as cq

from fabrication.geometry.jobs.export.step import write_step

COLOURS = ["#2060c0", "#c03010", None, "#10c010", "#c03010", "#0000ff", "#ff0000"]
RGB = [(0x20, 0x60, 0xC0), (0xC0, 0x30, 0x10), None, (0x10, 0xC0, 0x10), (0xC0, 0x30, 0x10), (0, 0, 255), (255, 0, 0)]


def parts():
    boxes = {f"box {number}": cq.Workplane().box(3, 4, 5 + number).val() for number in range(len(COLOURS) - 1)}
    two = cq.Compound.makeCompound([cq.Workplane().box(1, 1, 1).val(), cq.Workplane().sphere(9).val()])
    return {**boxes, "two": two}


def test_the_same_parts_elsewhere_in_memory_give_the_same_bytes(tmp_path):
    kept, files = [], set()
    for _ in range(8):
        kept.append(parts())  # so that the next ones lie elsewhere
        write_step(kept[-1], COLOURS, tmp_path / "x.step")
        # the kernel counts what it places for as long as its process lives, and a job's ends with the job
        files.add(re.sub(rb"(NEXT_ASSEMBLY_USAGE_OCCURRENCE\()'\d+'", rb"\1''", (tmp_path / "x.step").read_bytes()))
    assert len(files) == 1


def test_each_part_keeps_its_own_colour(tmp_path):
    write_step(parts(), COLOURS, tmp_path / "x.step")
    read = cq.Assembly.importStep(str(tmp_path / "x.step")).objects
    found = [read[f"box {number}"].color for number in range(len(COLOURS) - 1)]
    assert [colour and tuple(round(share * 255) for share in colour.toTuple()[:3]) for colour in found] == RGB[:-1]


def test_without_colours_there_is_nothing_to_put_in_order(tmp_path):
    write_step(parts(), [None] * len(COLOURS), tmp_path / "x.step")
    assert len(cq.importers.importStep(str(tmp_path / "x.step")).solids().vals()) == len(COLOURS) + 1
