import cadquery as cq
print(open("/etc/passwd").read())

#: fails = {line = 2, says = "a design reads the files beside it"}
