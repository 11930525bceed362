import cadquery as cq
from cq_queryabolt import WorkplaneMixin

class Workplane(WorkplaneMixin, cq.Workplane):
    pass

result = Workplane().box(16, 16, 8).faces(">Z").workplane().boltHole("M3", 8).faces("<Z").workplane().nutcatchParallel("M3")

#: [parts.part]
#: size = [16, 16, 8]
#: volume = "16*16*8 - pi*1.5**2*8 - 45"
#: within = 0.02
