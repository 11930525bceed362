import cadquery as cq

def feet(n):
    for i in range(n):
        yield cq.Workplane().center(i * 20, 0).circle(5 + i).extrude(3)

show_object(feet(3), name="foot")
show_object([cq.Workplane().box(1, 1, 1), cq.Solid.makeSphere(2)])

#: [parts.foot]
#: volume = "pi*25*3"
#: [parts."foot 2"]
#: volume = "pi*36*3"
#: [parts."foot 3"]
#: volume = "pi*49*3"
#: [parts.part]
#: volume = "1"
#: [parts."part 2"]
#: volume = "2/3*pi*8"
