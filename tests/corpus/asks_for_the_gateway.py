import cadquery as cq
a = cq.Workplane().box(4, 4, 4)
if __name__ in ["__cqgi__", "temp"]:
    show_object(a)
if __name__ == "__main__":
    raise RuntimeError("not from the command line")

#: [parts.part]
#: volume = "64"
