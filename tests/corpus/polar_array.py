import cadquery as cq
flange = cq.Workplane("XY").circle(25).extrude(4).faces(">Z").workplane().polarArray(18, 0, 360, 8).hole(3)
show_object(flange, name="flange")
debug(flange.faces(">Z"))
debug(flange.edges("%CIRCLE"), name="edges")
log("eight holes")

#: [parts.flange]
#: volume = "pi*4*(25**2 - 8*1.5**2)"
