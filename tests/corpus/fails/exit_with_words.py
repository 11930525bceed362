import sys
depth = 3
if depth < 5:
    sys.exit("the groove must be at least 5 mm deep")

#: fails = {line = 4, says = "the groove must be at least 5 mm deep"}
