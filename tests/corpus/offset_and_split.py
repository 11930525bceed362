import cadquery as cq

ring = cq.Workplane().rect(20, 20).offset2D(3).rect(20, 20).extrude(2)
half = ring.faces(">X").workplane(-13, origin=(0, 0, 0)).split(keepTop=True)
show_object(ring, name="ring")
both = cq.Workplane().box(10, 10, 10).faces(">Z").workplane(-4).split(keepTop=True, keepBottom=True)
show_object(both, name="halves")

#: [parts.ring]
#: volume = "2*(4*20*3 + pi*3**2)"
#: [parts.halves]
#: volume = "1000"
#: solids = 2
