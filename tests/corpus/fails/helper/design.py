import cadquery as cq
import helper
result = helper.make(-1)

#: fails = {line = 3, says = "helper.py, line 4: a box needs a positive side, not -1"}
