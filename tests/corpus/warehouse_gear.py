import cadquery as cq
from bd_warehouse.gear import SpurGear

gear = SpurGear(module=2, tooth_count=18, pressure_angle=20, thickness=5)
# a part of build123d in a script of CadQuery
wheel = cq.Workplane(obj=cq.Shape.cast(gear.wrapped)).faces(">Z").workplane(origin=(0, 0)).hole(8)
show_object(wheel, name="wheel")

#: [parts.wheel]
#: volume = "5*pi*(18**2 - 4**2)"
#: within = 0.05
