import cadquery as cq
show_object(cq.Workplane().rect(10, 10).offset2D(2))

#: fails = {line = 2, says = "what is shown holds no solid, only wires: extrude"}
