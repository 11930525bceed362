import cadquery as cq

hole = 4.0  # [2:8] mm
parent = import_step("parent.step")
again = cq.importers.importStep("parent.step")
show_object(parent.cut(cq.Workplane().circle(hole / 2).extrude(100, both=True)), name="with hole")
show_object(again.translate((50, 0, 0)), name="as it was")

#: values = {hole = 6.0}
#: [parts."with hole"]
#: volume = "20*20*10 - pi*3**2*10"
#: [parts."as it was"]
#: volume = "4000"
