import cadquery as cq

s = cq.Sketch().circle(5).push([(20, 0)]).circle(5).reset().hull()
show_object(cq.Workplane().placeSketch(s).extrude(3), name="link")

#: [parts.link]
#: volume = "3*(20*10 + pi*5**2)"
#: size = [30, 10, 3]
