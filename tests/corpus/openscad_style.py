# /* [Box] */
# Outer length
length = 40; # [20:5:80]
width = 20; # [10:1:40]
# How the lid closes
lid = "snap"; # [snap:Snap fit, screw:Four screws]

import cadquery as cq
result = cq.Workplane().box(length, width, 10)
if lid == "screw":
    result = result.faces(">Z").workplane().rect(length - 6, width - 6, forConstruction=True).vertices().hole(2)

#: values = {length = 50, lid = "screw"}
#: [parts.part]
#: volume = "50*20*10 - 4*pi*10"
