import csv, json
from pathlib import Path
import cadquery as cq
import numpy as np

HERE = Path(__file__).parent
with open("data/holes.csv", newline="") as file:
    holes = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]
settings = json.loads((HERE / "data" / "settings.json").read_text())
heights = np.loadtxt("heights.txt")

plate = cq.Workplane().box(*settings["plate"]).faces(">Z").workplane().pushPoints(holes).hole(settings["hole"])
show_object(plate, name=settings["name"])
show_object(cq.Workplane().box(1, 1, float(heights.sum())), name="bar")

#: [parts."perforated plate"]
#: volume = "50*30*3 - 3*pi*2**2*3"
#: [parts.bar]
#: volume = "10"
