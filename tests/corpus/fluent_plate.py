import cadquery as cq

# [Plate]
length = 60.0     # [30:1:120] mm  Length
width = 40.0      # [20:1:80] mm  Width
thickness = 8.0   # [5:0.5:12] mm  Thickness

plate = (
    cq.Workplane("XY")
    .box(length, width, thickness)
    .faces(">Z")
    .workplane()
    .rect(length - 12, width - 12, forConstruction=True)
    .vertices()
    .cboreHole(4, 8, 3)
)

show_object(plate, name="plate")

#: values = {length = 80.0}
#: [parts.plate]
#: volume = "80*40*8 - 4*(pi*2**2*8 + pi*(4**2 - 2**2)*3)"
#: size = [80, 40, 8]
