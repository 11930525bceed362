import cadquery as cq
cube = import_mesh("data/cube.stl")
result = cube.union(cq.Workplane().box(2, 2, 30))

#: [parts.part]
#: volume = "1000 + 2*2*20"
