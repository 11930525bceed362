import cadquery as cq


def make_post(height: float, diameter: float = 6, bore: float | None = None) -> cq.Workplane:
    post = cq.Workplane().circle(diameter / 2).extrude(height)
    return post.faces(">Z").hole(bore) if bore else post


def at(thing, *positions):
    result = None
    for p in positions:
        moved = thing.translate(p)
        result = moved if result is None else result.union(moved)
    return result


base = cq.Workplane().box(40, 40, 2, centered=(True, True, False))
posts = at(make_post(10, bore=2), (15, 15, 2), (-15, 15, 2), (15, -15, 2), (-15, -15, 2))
show_object(base.union(posts), name="board")

#: [parts.board]
#: volume = "40*40*2 + 4*pi*(3**2 - 1**2)*10"
#: size = [40, 40, 12]
