import cadquery as cq
outer = 20.0  # [5:50] mm
inner = 10.0  # [1:48] mm
if inner >= outer - 2:
    raise ValueError(f"the hole of {inner} mm leaves less than 1 mm of wall in {outer} mm")
show_object(cq.Workplane().circle(outer / 2).circle(inner / 2).extrude(5), name="ring")

#: values = {inner = 19.0}
#: fails = {line = 5, says = "the hole of 19.0 mm leaves less than 1 mm of wall in 20.0 mm"}
