import cadquery as cq
radius = 2.0  # [0.5:20] mm
box = cq.Workplane().box(10, 10, 10)
result = box.edges("|Z").fillet(radius)

#: values = {radius = 12.0}
#: fails = {line = 4, says = "the geometry kernel could not do this (StdFail_NotDone): a fillet, chamfer"}
