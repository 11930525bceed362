def turtles(n):
    return turtles(n + 1)

turtles(0)

#: fails = {line = 2, says = "a function calls itself without end"}
