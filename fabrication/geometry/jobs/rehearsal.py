"""What the zygote does once before it forks: a little of everything, so that no child does anything for the first time.

The kernel makes its pool of threads when the first parallel operation asks for it, and a pool does not survive a fork:
a child would wait for ever. So the pool is made first, and of one: the calling thread alone. That suits children too,
of which as many run at once as there are processors.
"""

import cadquery as cq
from OCP.OSD import OSD_ThreadPool

from fabrication.geometry.jobs.glb import write_glb
from fabrication.geometry.jobs.meshes import mesh_of

_THREADS = 1


def rehearse() -> None:
    """Raises RuntimeError if the kernel's pool is larger than one: then nothing may be forked."""
    if OSD_ThreadPool.DefaultPool_s(_THREADS).NbThreads() != _THREADS:
        raise RuntimeError("the kernel made its pool of threads before it could be kept to one")
    plate = cq.Workplane().box(20, 20, 5).edges("|Z").chamfer(1).faces(">Z").edges().fillet(0.5)
    shape = plate.faces(">Z").workplane().hole(4).union(cq.Workplane().box(4, 4, 12)).val()
    write_glb({"plate": mesh_of(shape, 0.1, 0.35)}, [None])
