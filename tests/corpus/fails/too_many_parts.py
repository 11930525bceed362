import cadquery as cq
for i in range(50):
    show_object(cq.Workplane().box(1, 1, 1), name=f"cube {i}")

#: fails = {line = 3, says = "a design may show at most 32 parts"}
