import cadquery as cq
hopper = cq.Workplane("front").rect(40, 40).workplane(offset=30).rect(10, 10).loft(ruled=True)
show_object(hopper, name='hopper', options={'color': '#c0ffee'})

#: [parts.hopper]
#: volume = "30/3*(40**2 + 10**2 + 40*10)"
#: colour = "#c0ffee"
