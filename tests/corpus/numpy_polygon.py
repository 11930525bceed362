import numpy as np
import cadquery as cq

angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
points = np.column_stack([np.cos(angles), np.sin(angles)]) * 15
wp = cq.Workplane().polyline([tuple(map(float, p)) for p in points]).close().extrude(np.float64(4.0).item())
show_object(wp, name="disc", options={"color": tuple(np.array([0.0, 0.5, 1.0]).tolist())})

#: [parts.disc]
#: volume = "4*24/2*15**2*sin(2*pi/24)"
#: colour = "#0080ff"
