import cadquery as cq

base = cq.Workplane().box(40, 40, 10)
base.faces(">Z").tag("top")
lid = cq.Workplane().box(20, 20, 4)

assy = (
    cq.Assembly(name="stack")
    .add(base, name="base", color=cq.Color("gray"))
    .add(lid, name="lid", loc=cq.Location((70, 3, -20)), color=cq.Color(0.2, 0.4, 0.6))
)
assy.constrain("base", "Fixed")
assy.constrain("base@faces@>Z", "lid@faces@<Z", "Plane")
assy.constrain("base@faces@>X", "lid@faces@>X", "Axis", 0)
assy.solve()
show_object(assy)

#: [parts.base]
#: volume = "16000"
#: low = [-20, -20, -5]
#: colour = true
#: [parts.lid]
#: volume = "1600"
#: low = [-10, -10, 5]
#: colour = "#336699"
