import cadquery as cq
# a straight, a quarter turn, a straight
path = cq.Workplane("XZ").moveTo(0, 0).lineTo(0, 30).radiusArc((20, 50), 20).lineTo(45, 50)
tube = cq.Workplane("XY").circle(6).circle(4).sweep(path)
show_object(tube)

#: [parts.part]
#: volume = "pi*(6**2 - 4**2)*(30 + pi/2*20 + 25)"
