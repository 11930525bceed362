"""A rack, its teeth from a module beside it."""
import cadquery as cq
from lib import teeth
from lib.sizes import standard

count = 6   # [2:20] Teeth
module = 2.0  # [1:0.5:4] mm  Module

show_object(teeth.rack(module, count, standard["thickness"]), name="rack")

#: values = {count = 4}
#: [parts.rack]
#: volume = "5*(2*pi*4*2 + 4*pi*2)"
