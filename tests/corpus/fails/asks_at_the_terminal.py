import cadquery as cq
side = float(input("side? "))
result = cq.Workplane().box(side, side, side)

#: fails = {line = 2, says = "make it a parameter"}
