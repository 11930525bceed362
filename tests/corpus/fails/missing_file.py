import cadquery as cq
with open("sizes.csv") as f:
    print(f.read())

#: fails = {line = 2, says = "there is no file 'sizes.csv' with this design"}
