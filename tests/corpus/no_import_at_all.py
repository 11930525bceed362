# CQ-editor gives scripts `cq`, so some never import it
show_object(cq.Workplane().sphere(10), "ball", {"alpha": 0.5, "color": (64, 164, 223)})

#: [parts.ball]
#: volume = "4/3*pi*10**3"
#: colour = "#40a4df"
