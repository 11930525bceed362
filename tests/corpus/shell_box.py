import cadquery as cq
wall = 2.0 # [1:0.4:4]
box = cq.Workplane("XY").box(60, 40, 30).faces("+Z").shell(-wall)
show_object(box, name="box")

#: values = {wall = 3.0}
#: [parts.box]
#: volume = "60*40*30 - 54*34*27"
