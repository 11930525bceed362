import cadquery as cq

def fetch():
    from sqlalchemy import create_engine
    return create_engine

fetch()

#: fails = {line = 4, says = "designs cannot import sqlalchemy: a design makes geometry alone"}
