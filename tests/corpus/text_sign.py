import cadquery as cq

label = "Hi 3"   # text(12)  What it says
sign = cq.Workplane().box(50, 20, 3, centered=(True, True, False))
sign = sign.faces(">Z").workplane().text(label, 10, 1.5, combine=True)
show_object(sign, name="sign")

#: values = {label = "Ahoy"}
#: [parts.sign]
#: size = [50, 20, 4.5]
#: volume = "50*20*3 + 120"
#: within = 0.03
