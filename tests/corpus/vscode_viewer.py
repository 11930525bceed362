import cadquery as cq
from ocp_vscode import show, show_object, set_port, set_defaults, reset_show, Camera

set_port(3939)
set_defaults(reset_camera=Camera.KEEP, ortho=False)
a = cq.Workplane().box(10, 10, 10)
b = a.translate((20, 0, 0))
show(a, b, names=["left", "right"], colors=["#ff0000", "blue"], alphas=[0.5, 1.0])

#: [parts.left]
#: volume = "1000"
#: colour = "#ff0000"
#: [parts.right]
#: low = [15, -5, -5]
#: colour = "#0000ff"
