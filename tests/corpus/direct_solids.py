import cadquery as cq
from cadquery import Solid, Vector, Plane, Location

ring = Solid.makeTorus(20, 4)
cone = Solid.makeCone(8, 0, 15, Vector(0, 0, 10))
wedge = Solid.makeBox(3, 4, 5).moved(Location(Plane.XY(), (50, 0, 0)))
for solid, name in zip((ring, cone, wedge), ["ring", "cone", "brick"]):
    show_object(solid, name=name)

#: [parts.ring]
#: volume = "2*pi**2*20*4**2"
#: [parts.cone]
#: volume = "pi*8**2*15/3"
#: [parts.brick]
#: volume = "60"
#: low = [50, 0, 0]
