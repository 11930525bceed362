import cadquery as cq
show_object(cq.Workplane().rect(10, 10).twistExtrude(20, 45), name="twisted")
show_object(cq.Workplane().center(30, 0).rect(10, 10).extrude(5, taper=45.0 - 1e-9), name="tapered")

#: [parts.twisted]
#: volume = "2000"
#: within = 0.001
#: [parts.tapered]
#: volume = "5/3*100"
#: within = 0.001
