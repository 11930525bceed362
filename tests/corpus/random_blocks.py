import random
import cadquery as cq

random.seed(7)
blocks = cq.Workplane()
for i in range(4):
    blocks = blocks.union(cq.Workplane().box(10, 10, random.choice([5, 5, 5]), centered=False).translate((i * 10, 0, 0)), clean=False)
show_object(blocks, name="blocks", options=rand_color())

#: [parts.blocks]
#: volume = "4*10*10*5"
#: size = [40, 10, 5]
#: colour = true
