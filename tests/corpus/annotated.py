import cadquery as cq
from typing import Final

width: float = 30           # [10:100] mm
count: int = 3              # [1:10]
offsets = (0.0, -5.0, 5.0)  # along y
NAME: Final = "rail"

rail = cq.Workplane().box(width, 20, 4)
for i in range(count):
    rail = rail.cut(cq.Workplane().center((i + 0.5) * width / count - width / 2, offsets[i % 3]).circle(1).extrude(4, both=True))
show_object(rail, name=NAME)

#: values = {width = 40, count = 2}
#: [parts.rail]
#: volume = "40*20*4 - 2*pi*4"
