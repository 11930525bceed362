from functools import lru_cache, partial, reduce
from itertools import chain, product
from operator import attrgetter
import cadquery as cq

@lru_cache(maxsize=None)
def peg(h):
    return cq.Workplane().circle(1).extrude(h)

spots = list(product((-6, 0, 6), repeat=2))
pegs = (peg(4 + (i % 2)).translate((*xy, 1)) for i, xy in enumerate(spots))
board = reduce(lambda a, b: a + b, chain([cq.Workplane().box(20, 20, 2)], pegs))
show_object(board, name="peg board")

#: [parts."peg board"]
#: volume = "20*20*2 + pi*(5*4 + 4*5)"
