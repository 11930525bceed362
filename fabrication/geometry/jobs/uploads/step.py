"""STEP (ISO 10303-21) with the kernel's own reader, which knows names, colours, units and assemblies.

That reader is C++ and crashes on some files; the confined child then dies alone. It may look for files that the STEP
names beside it; the walls decide what it finds.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import cadquery as cq
from OCP.IFSelect import IFSelect_RetDone
from OCP.Interface import Interface_Static
from OCP.Message import Message, Message_Printer
from OCP.Quantity import Quantity_Color
from OCP.STEPCAFControl import STEPCAFControl_Reader
from OCP.TCollection import TCollection_ExtendedString
from OCP.TDataStd import TDataStd_Name
from OCP.TDF import TDF_Label, TDF_LabelSequence
from OCP.TDocStd import TDocStd_Document
from OCP.TopLoc import TopLoc_Location
from OCP.XCAFDoc import (
    XCAFDoc_ColorGen,
    XCAFDoc_ColorSurf,
    XCAFDoc_ColorTool,
    XCAFDoc_DocumentTool,
    XCAFDoc_ShapeTool,
)

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.files import MAX_PARTS
from fabrication.geometry.jobs.uploads.limits import LARGEST_MM, SMALLEST_MM, shown

_MAGIC = b"ISO-10303-21"
_NAMELESS = re.compile(r"Open CASCADE STEP translator.*|(NAUO)?\d+|=>.*|COMPOUND|SOLID|SHELL")
"""What kernels and their writers call products and instances that nobody named."""
_VISITS_MAX, _DEPTH_MAX = 1_000, 32


@dataclass(frozen=True)
class StepBody:
    """Solids of one product where the assembly puts them, in mm; `colour` "#rrggbb" (sRGB)."""

    name: str
    shape: cq.Shape
    colour: str | None


def read_step(path: Path) -> tuple[list[StepBody], list[str]]:
    """The solids, one body a product instance, and notes. Raises `UploadRefused`."""
    with path.open("rb") as file:
        if _MAGIC not in file.read(1024):
            raise UploadRefused("it is no STEP: it does not begin with ISO-10303-21")
    Message.DefaultMessenger_s().RemovePrinters(Message_Printer.get_type_descriptor_s())  # it has a line for each flaw
    Interface_Static.SetCVal_s("xstep.cascade.unit", "MM")
    reader = STEPCAFControl_Reader()
    reader.SetNameMode(True)
    reader.SetColorMode(True)
    document = TDocStd_Document(TCollection_ExtendedString("BinXCAF"))
    if reader.ReadFile(str(path)) != IFSelect_RetDone:
        raise UploadRefused("it is no STEP that can be read: it is damaged or cut short")
    if not reader.Transfer(document):
        raise UploadRefused("it holds no shape that can be read")
    walk = _Walk(XCAFDoc_DocumentTool.ColorTool_s(document.Main()))
    labels = TDF_LabelSequence()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(labels)
    for index in range(1, labels.Length() + 1):
        walk.down(labels.Value(index), TopLoc_Location(), "", None, 0)
    if not walk.bodies:
        what = "surfaces or lines, but no solid" if walk.others else "no shape"
        raise UploadRefused(f"it holds {what}. Export it as a solid body")
    notes = [f"{walk.others:,} surfaces or lines that belong to no solid were left out"] if walk.others else []
    return walk.bodies, notes


@dataclass
class _Walk:
    colours: XCAFDoc_ColorTool
    bodies: list[StepBody] = field(default_factory=list)
    others: int = 0
    visits: int = 0

    def down(self, label: TDF_Label, place: TopLoc_Location, name: str, colour: str | None, depth: int) -> None:
        """Every product instance below `label`; an instance's own name and colour go before its product's."""
        self.visits += 1
        if self.visits > _VISITS_MAX or depth > _DEPTH_MAX:
            raise UploadRefused(f"its assembly has more than {_VISITS_MAX:,} components, or {_DEPTH_MAX} levels")
        colour = colour or self._colour(label)
        if XCAFDoc_ShapeTool.IsReference_s(label):
            product = TDF_Label()
            XCAFDoc_ShapeTool.GetReferredShape_s(label, product)
            here = place.Multiplied(XCAFDoc_ShapeTool.GetLocation_s(label))
            self.down(product, here, name or _name(label), colour, depth + 1)
        elif XCAFDoc_ShapeTool.IsAssembly_s(label):
            components = TDF_LabelSequence()
            XCAFDoc_ShapeTool.GetComponents_s(label, components, False)
            for index in range(1, components.Length() + 1):
                self.down(components.Value(index), place, "", colour, depth + 1)
        else:
            self._add(label, place, _name(label) or name, colour)

    def _add(self, label: TDF_Label, place: TopLoc_Location, name: str, colour: str | None) -> None:
        shape = cq.Shape.cast(XCAFDoc_ShapeTool.GetShape_s(label).Moved(place))
        solids = shape.Solids()
        inside = {face.hashCode() for solid in solids for face in solid.Faces()}
        self.others += sum(face.hashCode() not in inside for face in shape.Faces()) or (
            not solids and bool(shape.Edges())
        )
        if not solids:
            return
        if len(self.bodies) >= MAX_PARTS:
            raise UploadRefused(f"it holds more than {MAX_PARTS} bodies, which is the most that are taken")
        body = solids[0] if len(solids) == 1 else cq.Compound.makeCompound(solids)
        _check_size(body)
        self.bodies.append(StepBody(name, body, colour or self._painted(shape)))

    def _colour(self, label: TDF_Label) -> str | None:
        found = Quantity_Color()
        for kind in (XCAFDoc_ColorSurf, XCAFDoc_ColorGen):
            if XCAFDoc_ColorTool.GetColor_s(label, kind, found):
                return _hex(found)
        return None

    def _painted(self, shape: cq.Shape) -> str | None:
        """Of the first solid or face that has one."""
        found = Quantity_Color()
        for each in (*shape.Solids(), *shape.Faces()[:1]):
            bare = each.wrapped.Located(TopLoc_Location())
            for kind in (XCAFDoc_ColorSurf, XCAFDoc_ColorGen):
                if self.colours.GetColor(each.wrapped, kind, found) or self.colours.GetColor(bare, kind, found):
                    return _hex(found)
        return None


def _name(label: TDF_Label) -> str:
    found = TDataStd_Name()
    name = shown(found.Get().ToExtString()) if label.FindAttribute(TDataStd_Name.GetID_s(), found) else ""
    return "" if _NAMELESS.fullmatch(name) else name


def _hex(colour: Quantity_Color) -> str:
    return str(
        Quantity_Color.ColorToHex_s(colour, True).ToCString()
    ).lower()  # the kernel turns its linear RGB into sRGB


def _check_size(shape: cq.Shape) -> None:
    box = shape.BoundingBox()
    furthest = max(abs(v) for v in (box.xmin, box.xmax, box.ymin, box.ymax, box.zmin, box.zmax))
    if not furthest <= LARGEST_MM:
        raise UploadRefused(f"a body reaches {furthest:.3g} mm from the origin; at most {LARGEST_MM:,.0f} mm are taken")
    if not box.DiagonalLength > SMALLEST_MM:
        raise UploadRefused(f"a body is smaller than {SMALLEST_MM} mm. Was it written in another unit?")
