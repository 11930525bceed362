import cadquery as cq

thing = cq.Workplane().box(1, 2, 3)

if "show_object" in locals():
    show_object(thing, name="thing")
elif __name__ == "__main__":
    import subprocess

#: [parts.thing]
#: volume = "6"
