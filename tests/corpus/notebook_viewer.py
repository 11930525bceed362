try:
    from jupyter_cadquery import show
except ImportError:
    show = print
import cadquery as cq
from cadquery.vis import show as vis_show

lamp = cq.Workplane().sphere(3)
show(lamp)
vis_show(lamp)

#: [parts.part]
#: volume = "36*pi"
