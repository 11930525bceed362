from cadquery.func import *

body = box(20, 20, 10) - cylinder(8, 10)
pin = cylinder(8, 30).moved(x=40)
show_object(body, name="body")
show_object(pin, name="pin")

#: [parts.body]
#: volume = "20*20*10 - pi*4**2*10"
#: [parts.pin]
#: volume = "pi*4**2*30"
#: size = [8, 8, 30]
