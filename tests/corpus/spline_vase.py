import cadquery as cq
profile = cq.Workplane("XZ").moveTo(0, 0).lineTo(20, 0).spline([(30, 25), (18, 50), (22, 80)], includeCurrent=True).lineTo(0, 80).close()
vase = profile.revolve(360, (0, 0), (0, 1)).faces(">Z").shell(-2)
result = vase

#: [parts.part]
#: volume = "31500"
#: within = 0.2
