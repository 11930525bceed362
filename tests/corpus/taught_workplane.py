import cadquery as cq

def makeCubes(self, length):
    def _cube(loc):
        return cq.Solid.makeBox(length, length, length).locate(loc)
    return self.eachpoint(_cube, True)

cq.Workplane.makeCubes = makeCubes

result = cq.Workplane("XY").rect(20, 20, forConstruction=True).vertices().makeCubes(5).combine()

#: [parts.part]
#: volume = "4*125"
