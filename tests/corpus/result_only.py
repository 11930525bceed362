import cadquery as cq
result = cq.Workplane("XY").cylinder(20, 5).faces(">Z").hole(4)

#: [parts.part]
#: volume = "pi*(5**2 - 2**2)*20"
#: size = [10, 10, 20]
