import cadquery as cq
s = cq.Sketch().trapezoid(4, 3, 90).vertices().circle(0.5, mode="s")
show_object(s, name="outline")

#: fails = {line = 3, says = '"outline" is a sketch, which has no thickness: show cq.Workplane().placeSketch(sketch).extrude(height)'}
