import cadquery as cq
def make(side):
    if side <= 0:
        raise ValueError(f"a box needs a positive side, not {side}")
    return cq.Workplane().box(side, side, side)
