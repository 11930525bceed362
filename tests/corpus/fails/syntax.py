import cadquery as cq
result = cq.Workplane().box(1, 2, 3

#: fails = {line = 2, says = "'(' was never closed"}
