import cadquery as cq
import math

flange = cq.Workplane().circle(40).extrude(6)
for ring, (radius, count) in enumerate([(18, 6), (30, 12)]):
    for i in range(count):
        a = 2 * math.pi * i / count + ring
        flange = flange.cut(cq.Workplane().center(radius * math.cos(a), radius * math.sin(a)).circle(2).extrude(6))
show_object(flange, name="flange")

#: [parts.flange]
#: volume = "pi*6*(40**2 - 18*2**2)"
