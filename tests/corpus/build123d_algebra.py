from build123d import *

base = Box(10, 10, 10) - Cylinder(3, 10)
base.label, base.color = "base", Color("red")
knob = Pos(0, 0, 20) * Sphere(4)
knob.label = "knob"
both = Compound(label="both", children=[base, knob])
show_object(Pos(100, 0, 0) * both)

#: [parts.base]
#: volume = "1000 - pi*9*10"
#: low = [95, -5, -5]
#: colour = "#ff0000"
#: [parts.knob]
#: volume = "4/3*pi*4**3"
#: low = [96, -4, 16]
