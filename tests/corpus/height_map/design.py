from PIL import Image
import cadquery as cq

image = Image.open("data/map.png").convert("L")
cells = [(x, y, image.getpixel((x, y)) / 51) for x in range(image.width) for y in range(image.height)]
relief = cq.Workplane().box(image.width, image.height, 1, centered=False)
for x, y, z in cells:
    if z:
        relief = relief.union(cq.Workplane().box(1, 1, z, centered=False).translate((x, y, 1)), clean=False)
show_object(relief, name="relief")

#: [parts.relief]
#: volume = "4*3*1 + 1 + 5 + 2"
