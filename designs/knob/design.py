"""A knob that is pressed onto a shaft: a D-shaft, or the splined one of most potentiometers.

It stands on the bed as it will be used, bore down, and needs no supports.
"""

import math

import cadquery as cq

# [Knob]
diameter = 24.0  # [12:0.5:60] mm  Outer diameter
height = 16.0  # [8:0.5:40] mm  Height
flutes = 12  # [0:24]  Grip flutes around the rim
pointer = True  # Line on top that shows where it points

# [Shaft]
bore = "d"  # [d:D-shaft, spline:Splined shaft]  Shape of the shaft
shaft_diameter = 6.0  # [3:0.05:12] mm  Shaft diameter
across_flat = 4.5  # [1.5:0.05:12] mm  D-shaft: from the flat to the far side
teeth = 18  # [6:40]  Splined shaft: teeth
depth = 10.0  # [4:0.5:30] mm  How far the shaft goes in
clearance = 0.1  # [0:0.05:0.5] mm  Room around the shaft, to suit your printer

WALL = 1.6  # the least that holds a pressed shaft
ROOF = 1.6  # the least above the shaft's end: the pointer is cut into it
POINTER = 0.8
TOOTH = 0.35  # depth of a spline's tooth

bore_radius = shaft_diameter / 2 + clearance
radius = diameter / 2
spacing = 2 * math.pi * radius / max(flutes, 3)  # from one flute to the next
flute = min(radius * 0.16, spacing / 4)

if depth > height - ROOF:
    raise ValueError(
        f"a shaft {depth:g} mm deep needs a knob at least {depth + ROOF:g} mm high: raise height or lower depth"
    )
if radius - flute < bore_radius + WALL:
    raise ValueError(
        f"a knob of {diameter:g} mm leaves too little around a shaft of {shaft_diameter:g} mm: raise diameter"
    )
if bore == "d" and not shaft_diameter / 2 < across_flat <= shaft_diameter:
    raise ValueError(
        f"across the flat, a {shaft_diameter:g} mm shaft measures more than {shaft_diameter / 2:g} and at most"
        f" {shaft_diameter:g} mm, not {across_flat:g}"
    )

outline = cq.Sketch().circle(radius)
if flutes:
    outline = outline.parray(radius + flute * 0.35, 180 / flutes, 360, flutes).circle(flute, mode="s").reset()
edge = min(0.8, height / 10, spacing * 0.12)
knob = cq.Workplane().placeSketch(outline).extrude(height).faces(">Z").chamfer(edge).faces("<Z").chamfer(edge / 2)

if bore == "d":
    hole = cq.Workplane().circle(bore_radius).extrude(depth)
    flat_at = across_flat - shaft_diameter / 2 + clearance
    below_flat = cq.Workplane().box(diameter, diameter, 2 * depth).translate((0, flat_at - radius, 0))
    hole = hole.intersect(below_flat)
else:
    tips = [bore_radius if step % 2 == 0 else bore_radius - TOOTH for step in range(2 * teeth)]
    corners = [
        (r * math.cos(math.pi * step / teeth), r * math.sin(math.pi * step / teeth)) for step, r in enumerate(tips)
    ]
    hole = cq.Workplane().polyline(corners).close().extrude(depth)
knob = knob.cut(hole)

if pointer:
    line = cq.Workplane().box(radius, max(1.2, radius * 0.1), 2 * POINTER).translate((0, 0, height))
    knob = knob.cut(line.translate((radius * 0.62, 0, 0)))

show_object(knob, name="knob")
