import cadquery as cq

half = cq.Workplane("XY").hLine(10).vLine(4).threePointArc((5, 7), (0, 4)).close().extrude(2)
whole = half.mirror("YZ", union=True)
common = whole & cq.Workplane().box(40, 4, 40, centered=(True, False, True))
show_object(common, name="common")

#: [parts.common]
#: volume = "20*4*2"
