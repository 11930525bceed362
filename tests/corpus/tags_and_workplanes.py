import cadquery as cq

result = (
    cq.Workplane("XY")
    .box(30, 30, 10).tag("body")
    .faces(">Z").workplane().tag("top")
    .faces(">X", tag="body").workplane(centerOption="CenterOfMass").hole(4)
    .workplaneFromTagged("top").pushPoints([(-9, -9), (9, 9)]).circle(2).extrude(5)
    .workplaneFromTagged("top").transformed(offset=(0, 0, 0), rotate=(0, 0, 45)).rect(6, 6).extrude(2)
)

#: [parts.part]
#: volume = "9000 - pi*2**2*30 + 2*pi*2**2*5 + 36*2"
#: size = [30, 30, 15]
