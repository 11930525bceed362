import cadquery as cq; import math
r=10;h=5
def f(x) :
	if x>0 :
		return cq.Workplane( 'XY' ) . circle( x ) . extrude( h )
	else :
		return None
show_object( f( r ) ,name = 'disc' )

#: values = {r = 4}
#: [parts.disc]
#: volume = "pi*16*5"
