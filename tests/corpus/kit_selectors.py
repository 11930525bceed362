import cadquery as cq
from cqkit import EdgeLengthSelector

block = cq.Workplane().box(10, 20, 30)
result = block.edges(EdgeLengthSelector(30)).chamfer(1)

#: [parts.part]
#: volume = "6000 - 4*0.5*30"
