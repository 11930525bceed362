import sys
import cadquery as cq
if True:
    sys.exit()
result = cq.Workplane().box(1, 1, 1)

#: fails = {line = 4, says = "the script ended itself before its last line"}
