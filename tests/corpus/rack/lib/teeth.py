import cadquery as cq
from math import pi

from .sizes import standard


def rack(module, count, thickness):
    pitch = pi * module
    bar = cq.Workplane().box(pitch * count, 2 * module / 2 * standard["back"], thickness, centered=(False, False, False))
    tooth = cq.Workplane().rect(pitch / 2, module, centered=False).extrude(thickness)
    for i in range(count):
        bar = bar.union(tooth.translate((i * pitch, module * standard["back"], 0)))
    return bar
