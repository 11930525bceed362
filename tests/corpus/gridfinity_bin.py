from cqgridfinity import GridfinityBaseplate

plate = GridfinityBaseplate(1, 1)
show_object(plate.render(), name="baseplate")

#: [parts.baseplate]
#: size = [42, 42, 4.65]
