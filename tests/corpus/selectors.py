import cadquery as cq
from cadquery.selectors import *

block = cq.Workplane().box(10, 10, 10)
block = block.edges("|Z").chamfer(1)                      # four upright edges
block = block.faces(">Z").workplane().hole(2)
block = block.faces(NearestToPointSelector((0, 0, -5))).workplane().rect(4, 4).cutBlind(-1)
assert block.faces(">Z or <Z").size() == 2
assert block.edges("#Z and (not |X)").size() > 4
show_object(block)

#: [parts.part]
#: volume = "1000 - 4*0.5*10 - pi*10 - (16 - pi)"
