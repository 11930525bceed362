import cadquery as cq
from parts import lid

#: fails = {line = 2, says = "parts/lid.py, line 2: this is no Python"}
