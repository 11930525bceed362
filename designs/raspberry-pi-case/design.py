"""A case for a Raspberry Pi 4 or 5, in two parts that meet at the top of the board.

Every connector has a notch that is open at the joint, so the board drops straight in and nothing needs supports.
Four M2.5 screws go up through base and board into the lid. Both parts lie on the bed as they are to be printed.
Positions are those of the boards' public mechanical drawings, in mm from the corner beside the USB-C socket.
"""

import cadquery as cq

# [Board]
model = 4  # [4:Raspberry Pi 4, 5:Raspberry Pi 5]
headroom = 18.0  # [17:0.5:45] mm  Room above the board: 17 for the board alone, 30 and more with a HAT
standoff = 4.0  # [3:0.5:10] mm  Room below the board
gpio = False  # Opening for a ribbon cable to the GPIO header

# [Case]
wall = 2.0  # [1.2:0.2:3] mm  Thickness of walls, floor and top
corner = 4.0  # [1:0.5:8] mm  Radius of the outer corners
room = 0.5  # [0.3:0.1:1.5] mm  Gap between board and walls
vents = "honeycomb"  # [honeycomb, slots, none]  Openings above the processor

# [Screws]
pilot = 2.1  # [1.8:0.05:2.5] mm  Hole that an M2.5 screw cuts its thread into

LENGTH, DEPTH, THICK = 85.0, 56.0, 1.5  # the board
BOARD_CORNER = 3.0
HOLES = [(3.5, 3.5), (61.5, 3.5), (3.5, 52.5), (61.5, 52.5)]
POST = 6.0  # what the boards keep free around a hole
SCREW, HEAD = 2.9, 5.4  # clearance for M2.5 and its head

# Connectors: middle along the edge, width, lowest and highest point measured from the top of the board. USB-C and
# HDMI are as large as a plug's body, since that has to enter the wall.
FRONT = {
    4: [(11.2, 12.6, -1.8, 5.0), (26.0, 11.6, -1.8, 5.2), (39.5, 11.6, -1.8, 5.2), (54.0, 8.0, 0.0, 7.0)],
    5: [(11.2, 12.6, -1.8, 5.0), (25.8, 11.6, -1.8, 5.2), (39.2, 11.6, -1.8, 5.2)],
}[model]
RIGHT = {
    4: [(9.0, 15.4, 0.0, 16.4), (27.0, 15.4, 0.0, 16.4), (45.75, 16.8, 0.0, 14.2)],
    5: [(10.2, 16.8, 0.0, 14.2), (29.1, 15.4, 0.0, 16.4), (47.0, 15.4, 0.0, 16.4)],
}[model]
CARD = (28.0, 15.0, -5.0, 0.0)  # the slot under the board's left edge

inside_corner = max(corner - wall, 0.0)
touches = BOARD_CORNER + 3.4 * room  # a larger inside radius would meet the board's own corner
if inside_corner > touches:
    raise ValueError(
        f"with walls of {wall:g} mm and {room:g} mm around the board, corner can be at most {wall + touches:.1f} mm"
    )

board_top = wall + standoff + THICK
top = headroom + wall


def slab(grow, radius, height, z=0.0):
    """The board's outline grown by `grow` on all sides, with rounded corners, from `z` upwards."""
    shape = cq.Workplane(origin=(LENGTH / 2, DEPTH / 2, z)).rect(LENGTH + 2 * grow, DEPTH + 2 * grow).extrude(height)
    return shape.edges("|Z").fillet(radius) if radius > 0 else shape


def notch(x, y, z, size):
    """A box in the middle of (x, y), from `z` upwards."""
    return cq.Workplane(origin=(x, y, z)).box(*size, centered=(True, True, False)).val()


def notches(z):
    """The cutters for all connectors, with the top of the board at `z`."""
    out = 4 * (wall + room)
    cutters = [notch(x, -out / 2, z + low, (wide, out, high - low)) for x, wide, low, high in FRONT]
    cutters += [notch(LENGTH + out / 2, y, z + low, (out, wide, high - low)) for y, wide, low, high in RIGHT]
    y, wide, low, high = CARD
    cutters.append(notch(-out / 2, y, z + max(low, -standoff - THICK), (out, wide, high - low)))
    if gpio:
        cutters.append(notch(32.5, DEPTH + out / 2, z, (53.0, out, min(10.0, headroom))))
    return cq.Workplane(cq.Compound.makeCompound(cutters))


def vent_cutter(height):
    """What opens the top above the processor; clear of the screws' pillars."""
    middle = cq.Workplane(origin=(32.5, 28.0, 0.0))
    if vents == "slots":
        return middle.rarray(5.0, 1.0, 9, 1).slot2D(28.0, 2.4, 90).extrude(height)
    # a honeycomb: every other row moved by half a cell
    cells = [
        (7.0 * column - (17.5 if row % 2 else 14.0), 6.06 * row - 12.12) for row in range(5) for column in range(6)
    ]
    return middle.pushPoints(cells).polygon(6, 6.4).extrude(height)


def at_holes(z=0.0):
    return cq.Workplane(origin=(0, 0, z)).pushPoints(HOLES)


# Base: a tray up to the top of the board, with a post under each hole; screw heads sink into the floor.
base = slab(room + wall, corner, board_top).faces("<Z").chamfer(0.5)
base = base.cut(slab(room, inside_corner, board_top, wall))
base = base.union(at_holes(wall / 2).circle(POST / 2).extrude(wall / 2 + standoff))
base = base.cut(at_holes().circle(SCREW / 2).extrude(wall + standoff))
base = base.cut(at_holes().circle(HEAD / 2).extrude(wall - 0.8))
base = base.cut(notches(board_top))

# Lid: a cap with a pillar on each hole that holds the board down. Here its joint is at 0.
lid = slab(room + wall, corner, top).faces(">Z").chamfer(0.5)
lid = lid.cut(slab(room, inside_corner, headroom))
lid = lid.union(at_holes().circle(POST / 2).extrude(headroom + wall / 2))
lid = lid.cut(at_holes().circle(pilot / 2).extrude(min(headroom, 14.0)))
lid = lid.cut(notches(0.0))
if vents != "none":
    lid = lid.cut(vent_cutter(3 * wall).translate((0, 0, headroom - wall)))

beside = 2 * DEPTH + 2 * (room + wall) + 8
show_object(base, name="base")
show_object(lid.rotate((0, 0, 0), (1, 0, 0), 180).translate((0, beside, top)), name="lid")
