import cadquery as cq
import requests

#: fails = {line = 2, says = "designs cannot import requests: a design has no network; a file that it needs is put beside design.py"}
