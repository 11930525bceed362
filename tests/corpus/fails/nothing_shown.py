import cadquery as cq
bracket = cq.Workplane().box(1, 2, 3)
print("made")

#: fails = {says = 'the script shows nothing; end it with show_object(bracket, name="bracket")'}
