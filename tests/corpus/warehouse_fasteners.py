"""Screw, nut and bearing by standard, and a hole that fits."""
from bd_warehouse.fastener import ClearanceHole, HexNut, SocketHeadCapScrew
from build123d import *

screw = SocketHeadCapScrew(size="M6-1", length=16, simple=True)
nut = HexNut(size="M6-1")
with BuildPart() as plate:
    Box(30, 30, 8)
    with Locations((0, 0, 4)):
        ClearanceHole(fastener=screw, depth=8, counter_sunk=False)
show_object(screw, name="screw")
show_object(nut, name="nut")
show_object(plate, name="plate")

#: [parts.screw]
#: size = [10.22, 10.22, 22]
#: colour = true
#: [parts.nut]
#: size = [11.545, 10, 5.2]
#: colour = true
#: [parts.plate]
#: volume = "30*30*8 - pi*3.3**2*8"
