import cadquery as cq
from cadquery import exporters

result = cq.Workplane().box(12, 8, 4).edges("|Z").fillet(2)

exporters.export(result, "part.stl")
exporters.export(result, "part.step")
exporters.export(result, "part.svg", opt={"width": 200, "height": 200})
exporters.export(result.section(), "part.dxf")
result.val().exportBrep("part.brep")
cq.Assembly(result).export("part.glb")
with open("notes.txt", "w") as notes:
    notes.write("made\n")

#: [parts.part]
#: volume = "4*(12*8 - (4 - pi)*2**2)"
