import cadquery as cq

# @param
height = 12.0
hole = 4
rounded = True

describe_parameter(height, "how tall")
describe_parameter(hole, "diameter of the hole")

body = cq.Workplane("XY").box(20, 20, height)
if rounded:
    body = body.edges("|Z").fillet(2)
show_object(body.faces(">Z").workplane().hole(hole), options={"rgba": (255, 0, 0, 0.5)}, name="knob")

#: values = {height = 10.0, hole = 6, rounded = false}
#: [parts.knob]
#: volume = "10*(400 - pi*3**2)"
#: colour = "#ff0000"
