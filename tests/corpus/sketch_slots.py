import cadquery as cq

outline = (
    cq.Sketch()
    .rect(50, 30)
    .vertices()
    .fillet(4)
    .reset()
    .push([(-10, 0), (10, 0)])
    .slot(12, 6, angle=90, mode="s")
)
part = cq.Workplane("XZ").placeSketch(outline).extrude(5)
show_object(part, name="slotted", options=dict(color="goldenrod"))

#: [parts.slotted]
#: volume = "5*(50*30 - (4 - pi)*4**2 - 2*(12*6 + pi*3**2))"
#: size = [50, 5, 30]
#: colour = "#daa520"
