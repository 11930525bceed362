from build123d import *
from ocp_vscode import show

with BuildPart() as plate:
    Box(40, 20, 5)
    with GridLocations(20, 10, 2, 2):
        Hole(2)
    with BuildSketch(plate.faces().sort_by(Axis.Z)[-1]):
        Circle(4)
    extrude(amount=3)

show(plate, names=["plate"])

#: [parts.plate]
#: volume = "40*20*5 - 4*pi*2**2*5 + pi*4**2*3"
#: size = [40, 20, 8]
