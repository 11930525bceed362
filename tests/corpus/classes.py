import cadquery as cq
from abc import ABC, abstractmethod


class Part(ABC):
    colour = "red"

    @abstractmethod
    def build(self): ...

    def show(self):
        show_object(self.build(), name=type(self).__name__.lower(), options={"color": self.colour})


class Nut(Part):
    def __init__(self, flats):
        self.flats = flats

    def build(self):
        return cq.Workplane().polygon(6, self.flats, circumscribed=True).extrude(self.flats / 2)


class Washer(Part):
    colour = "navy"

    def build(self):
        return cq.Workplane().circle(8).circle(4).extrude(1)


for part in (Nut(10), Washer()):
    part.show()

#: [parts.nut]
#: volume = "5*10**2*sqrt(3)/2"
#: colour = "#ff0000"
#: [parts.washer]
#: volume = "pi*(8**2 - 4**2)"
#: colour = "#000080"
