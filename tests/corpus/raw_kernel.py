"""Straight to the kernel: what OCP makes can be shown as it is."""
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox
from OCP.gp import gp_Pnt

show_object(BRepPrimAPI_MakeBox(gp_Pnt(1, 2, 3), 4, 5, 6).Shape(), name="raw")

#: [parts.raw]
#: volume = "4*5*6"
#: low = [1, 2, 3]
