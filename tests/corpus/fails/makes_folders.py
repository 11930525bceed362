import os
import cadquery as cq
os.makedirs("out", exist_ok=True)

#: fails = {line = 3, says = "makes no folders"}
