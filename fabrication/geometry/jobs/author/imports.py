"""What a script may import, as data, with what there is instead of the rest.

This is kindness and no wall: what holds a script is its confinement. A module that cannot work there (it wants the
network, a screen, a second process) is answered with a sentence at the line that imports it, rather than with
whatever it would die of later. Only an author's own imports are looked at; what a library imports is its business.
Nothing heavy is imported here: pages and the command line print these tables too.
"""

PYTHON_TO = {
    "calculate": (
        "array bisect calendar cmath colorsys datetime decimal difflib fractions graphlib heapq math numbers random "
        "statistics time timeit uuid zoneinfo"
    ),
    "read and write files": (
        "base64 binascii codecs configparser csv fileinput fnmatch glob gzip html io json os pathlib pickle posixpath "
        "shutil stat struct tempfile tokenize tomllib xml zipfile zlib"
    ),
    "handle text": "getpass hashlib keyword locale pprint re reprlib secrets string textwrap unicodedata",
    "program": (
        "__future__ abc argparse ast atexit builtins collections contextlib copy dataclasses doctest enum errno "
        "functools gc getopt importlib inspect itertools linecache logging operator optparse platform sys sysconfig "
        "traceback types typing unittest warnings weakref"
    ),
}
"""The part of the standard library that does not reach out of the process."""

PYTHON = frozenset(" ".join(PYTHON_TO.values()).split())

LIBRARIES = {
    "cadquery": "the geometry itself",
    "OCP": "the kernel below CadQuery",
    "numpy": "arrays",
    "scipy": "interpolation, optimisation, spatial search",
    "ezdxf": "DXF drawings, in more detail than cadquery.importers",
    "PIL": "pictures as height maps",
    "typing_extensions": "type hints",
}

PLUGINS = {
    "build123d": "the other way to script the same kernel; its parts can be shown too",
    "bd_warehouse": "threads, screws, nuts, bearings, gears, pipes and flanges, for build123d",
    "cqgridfinity": "Gridfinity boxes, baseplates and drawers",
    "cqkit": "selectors, ribbons, layouts",
    "cq_queryabolt": "screw holes and nut catches by standard",
}
"""Shipped on purpose: docs/decisions/011-plugins.md says why these."""

VIEWERS = frozenset(
    {"cq_server", "cq_vscode", "jupyter_cadquery", "ocp_tessellate", "ocp_viewer", "ocp_vscode", "yacv_server"}
)
"""Viewers that show a part by a call. Their `show` and `show_object` show it here instead."""

INSTEAD = {
    "a design has no network; a file that it needs is put beside design.py": (
        "aiohttp ftplib http httpx imaplib paramiko poplib requests smtplib socket socketserver ssl telnetlib urllib "
        "urllib3 webbrowser websocket websockets wget xmlrpc"
    ),
    "a design runs alone, in one process and one thread": (
        "_thread asyncio cffi concurrent ctypes joblib mmap multiprocessing numba pexpect psutil pty resource sched "
        "select selectors signal subprocess threading"
    ),
    "a design makes geometry alone; there is neither a site nor a database": (
        "bottle dbm django fastapi flask psycopg psycopg2 shelve sqlalchemy sqlite3"
    ),
    "tables are read with csv or numpy.loadtxt": "openpyxl pandas polars xlrd",
    "there is no screen; parts are shown with show_object": (
        "IPython cv2 curses ipywidgets matplotlib plotly pygame PyQt5 PyQt6 PySide2 PySide6 pyvista tkinter turtle vtk "
        "vtkmodules"
    ),
    'a mesh beside the script is opened with import_mesh("name.stl")': "meshio numpy_stl open3d pymeshlab stl trimesh",
    "outlines are drawn and joined with cadquery.Sketch, and widened with Workplane.offset2D": "shapely",
    "write it with cadquery": "bpy FreeCAD openpyscad openscad Part solid solid2 viewscad",
    "bd_warehouse has threads and fasteners": "cq_warehouse",
    "bd_warehouse.gear has spur gears": "cq_gears py_gearworks",
}
"""What a design can do instead → the modules that are asked for in vain."""

_INSTEAD = {name: sentence for sentence, names in INSTEAD.items() for name in names.split()}


def refusal(module: str) -> str | None:
    """Why a design cannot import `module` ("a.b" as well), in a sentence; None where it may."""
    top = module.partition(".")[0]
    if top in PYTHON or top in LIBRARIES or top in PLUGINS or top in VIEWERS:
        return None
    rest = ", ".join(("cadquery", "numpy", *PLUGINS))
    otherwise = f"there are {rest}, most of Python's own modules, and those that lie beside design.py"
    return f"designs cannot import {top}: {_INSTEAD.get(top, otherwise)}"


def absence(module: str) -> str:
    """The sentence for a module that a design may import, where it is not installed."""
    top = module.partition(".")[0]
    return f"{top} is not installed on this commons; its owner can add it (the extra named plugins)"
