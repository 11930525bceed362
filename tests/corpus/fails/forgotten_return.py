import cadquery as cq

def lid():
    cq.Workplane().box(1, 2, 3)

show_object(lid(), name="lid")

#: fails = {line = 6, says = '"lid" is None: does a function'}
