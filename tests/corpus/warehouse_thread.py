import cadquery as cq
from bd_warehouse.thread import IsoThread

thread = IsoThread(major_diameter=8, pitch=1.25, length=6, external=True, end_finishes=("square", "square"))
show_object(cq.Workplane().circle(thread.min_radius).extrude(6), name="core")
show_object(thread, name="thread")

#: [parts.core]
#: volume = "pi*6*(4 - 0.625*sqrt(3)/2*1.25)**2"
#: within = 0.02
#: [parts.thread]
#: volume = "60"
#: within = 0.3
