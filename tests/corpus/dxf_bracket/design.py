import cadquery as cq

outline = cq.importers.importDXF("outline.dxf").wires().toPending().extrude(3)
show_object(outline, name="bracket")

#: [parts.bracket]
#: volume = "3*(40*20 - pi*4**2)"
#: size = [40, 20, 3]
