"""A clamp around a pipe, closed by one screw and nut, with a plate to fix it to a wall.

It is printed standing on its side, so that the layers run around the pipe and the ring is strong.
"""

import cadquery as cq

# [Pipe]
pipe_diameter = 32.0  # [8:0.5:110] mm  Outside of the pipe
gap = 3.0  # [1:0.5:10] mm  Opening that the screw draws together
width = 14.0  # [8:0.5:40] mm  Width along the pipe
wall = 4.0  # [2:0.2:10] mm  Thickness of the ring

# [Screw]
screw = 4  # [3:M3, 4:M4, 5:M5, 6:M6]  Clamping screw and nut
fastening = "plate"  # [plate:Wall plate with two holes, none:None]  Behind the ring

# [Hidden]
# Clearance holes: ISO 273, medium. Nuts: ISO 4032, across flats and height. Heads: ISO 4762.
through, across_flats, nut_height, head = {
    3: (3.4, 5.5, 2.4, 5.5),
    4: (4.5, 7.0, 3.2, 7.0),
    5: (5.5, 8.0, 4.7, 8.5),
    6: (6.6, 10.0, 5.2, 10.0),
}[screw]
nut = across_flats + 0.3  # room to push it in
nut_corners = nut * 2 / 3**0.5

if width < nut_corners + 2:
    raise ValueError(f"an M{screw} nut needs a width of at least {nut_corners + 2:.1f} mm, not {width:g}")
if gap > pipe_diameter / 4:
    raise ValueError(
        f"a gap of {gap:g} mm cannot hold a pipe of {pipe_diameter:g} mm: it may be at most {pipe_diameter / 4:g} mm"
    )

inner = pipe_diameter / 2
outer = inner + wall
ear = nut_height + 2.4  # material under head and nut
screw_x = outer + head / 2 + 0.6
ear_end = screw_x + max(head, nut_corners) / 2 + 1.6
ears = gap + 2 * ear

clamp = cq.Workplane().circle(outer).extrude(width)
clamp = clamp.union(cq.Workplane().box(ear_end, ears, width, centered=(False, True, False)))
if fastening == "plate":
    hole_at = outer + head / 2 + 1
    long = 2 * (hole_at + head / 2 + 2)
    back = cq.Workplane().center(-outer, 0)
    clamp = clamp.union(back.box(wall, long, width, centered=(False, True, False)))
    clamp = clamp.union(back.box(outer, 1.2 * outer, width, centered=(False, True, False)))
clamp = clamp.cut(cq.Workplane().circle(inner).extrude(width))
clamp = clamp.cut(cq.Workplane().box(ear_end + 1, gap, width, centered=(False, True, False)))

screw_hole = cq.Workplane("XZ").center(screw_x, width / 2).circle(through / 2).extrude(ears, both=True)
nut_pocket = cq.Workplane("XZ", origin=(0, -ears / 2 + nut_height, 0)).center(screw_x, width / 2)
clamp = clamp.cut(screw_hole).cut(nut_pocket.polygon(6, nut_corners).extrude(ears))
if fastening == "plate":
    holes = cq.Workplane("YZ", origin=(-outer, 0, 0)).pushPoints([(-hole_at, width / 2), (hole_at, width / 2)])
    clamp = clamp.cut(holes.circle(through / 2).extrude(wall))

show_object(clamp, name="clamp")
