import numpy as np
from scipy.interpolate import CubicSpline
import cadquery as cq

x = np.arange(0, 50, 10)
curve = CubicSpline(x, [5, 8, 6, 9, 5])
top = [(float(a), float(curve(a))) for a in np.linspace(0, 40, 60)]
result = cq.Workplane("XZ").moveTo(0, 0).lineTo(*top[0]).polyline(top, includeCurrent=False).lineTo(40, 0).close().extrude(-10)

#: [parts.part]
#: volume = "10*40*7.2"
#: within = 0.05
