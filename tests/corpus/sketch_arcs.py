import cadquery as cq

half = cq.Sketch().segment((0.0, 0), (0.0, 2.0)).segment((2.0, 0)).close().arc((0.6, 0.6), 0.4, 0.0, 360.0).assemble(tag="face")
result = cq.Workplane("front").placeSketch(half).extrude(1)

#: [parts.part]
#: within = 0.02
#: volume = "2 - (2 - 1.497)"
