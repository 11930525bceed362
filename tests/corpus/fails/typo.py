import cadquery as cq
result = cq.Workplane().bux(1, 2, 3)

#: fails = {line = 2, says = "'Workplane' object has no attribute 'bux'"}
