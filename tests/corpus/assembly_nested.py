import cadquery as cq

pin = cq.Workplane().circle(2).extrude(20)
leaf = cq.Workplane().box(20, 2, 20, centered=(False, True, False))
hinge = cq.Assembly(name="hinge", color=cq.Color(0, 0, 1))
hinge.add(pin, name="pin").add(leaf, name="leaf", loc=cq.Location((2, 0, 0)), color=cq.Color(1, 0, 0))
door = cq.Assembly(name="door")
door.add(cq.Workplane().box(5, 5, 5), name="stop")
door.add(hinge, name="upper", loc=cq.Location((0, 0, 100)))
door.add(hinge, name="lower", loc=cq.Location((0, 0, 10), (0, 0, 1), 90))
result = door

#: [parts.stop]
#: volume = "125"
#: [parts."upper pin"]
#: volume = "pi*2**2*20"
#: low = [-2, -2, 100]
#: colour = "#0000ff"
#: [parts."upper leaf"]
#: low = [2, -1, 100]
#: colour = "#ff0000"
#: [parts."lower pin"]
#: low = [-2, -2, 10]
#: colour = "#0000ff"
#: [parts."lower leaf"]
#: low = [-1, 2, 10]
#: size = [2, 20, 20]
#: colour = "#ff0000"
