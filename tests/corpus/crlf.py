import cadquery as cq

size = 10.0  # [5:20] mm  Edge
if size > 15:
    raise ValueError("too big")
text = """two
lines"""
show_object(cq.Workplane().box(size, size, size), name="cube")

#: values = {size = 8.0}
#: [parts.cube]
#: volume = "512"
