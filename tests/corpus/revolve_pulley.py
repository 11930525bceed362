import cadquery as cq
pts = [(5, 0), (20, 0), (15, 4), (15, 8), (20, 12), (5, 12)]
pulley = cq.Workplane("XZ").polyline(pts).close().revolve(360, (0, 0, 0), (0, 1, 0))
show_object(pulley, "pulley")

#: [parts.pulley]
#: volume = "pi*(20**2 + 20*15 + 15**2)/3*4*2 + pi*15**2*4 - pi*5**2*12"
#: size = [40, 40, 12]
