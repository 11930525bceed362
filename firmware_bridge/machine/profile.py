"""The profile itself, read from its file and written back; its published part and that part's hash."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
import tomli_w

from firmware_bridge.errors import ProfileError
from firmware_bridge.machine.making import Limits, Material, Milling, Printing, Programs
from firmware_bridge.machine.private import Link, Power, StandingArm
from firmware_bridge.machine.table import Name, Table
from firmware_bridge.machine.volume import Volume
from firmware_bridge.text import tidied
from firmware_bridge.toml_words import in_words

_DECIMAL_COMMA = re.compile(r"(?m)^[ \t]*\w+[ \t]*=[ \t]*-?\d+,\d")


class _Description(Table, frozen=True, kw_only=True):
    """What both kinds of profile say; two kinds, so that a private one is never sent for a published one."""

    name: Name
    process: Literal["fff", "milling"] = "fff"
    firmware: Literal["marlin", "grbl"] = "marlin"
    virtual: bool = False
    """A virtual machine clears its own bed."""
    volume: Volume = Volume()
    limits: Limits = Limits()
    printing: Printing = Printing()
    milling: Milling = Milling()
    materials: tuple[Material, ...] = ()
    programs: Programs = Programs()

    def __post_init__(self) -> None:
        """Raises `ValueError`, which becomes a `ProfileError` with the file's name for what is wrong."""
        if self.process != "milling":
            return
        if not self.volume.is_plain:
            raise ValueError("a router's travel has no origin and nothing beside it: [milling] says where its zero is")
        for axis in "xyz":
            zero, size = getattr(self.milling, f"zero_{axis}_mm"), getattr(self.volume, f"{axis}_mm")
            if zero > size:
                raise ValueError(f"milling.zero_{axis}_mm is {zero:g}, beyond the travel of {size:g} mm")
        low, high = -self.milling.zero_z_mm, self.volume.z_mm - self.milling.zero_z_mm
        if not low <= self.milling.safe_z_mm <= high:
            raise ValueError(f"milling.safe_z_mm is {self.milling.safe_z_mm:g}; Z reaches {low:g} to {high:g} mm")

    def bounds(self) -> str:
        """What no program may pass, in a few words."""
        size, limits = self.volume.in_words(), self.limits
        if self.process == "milling":
            low = " ".join(f"{axis.upper()}{0 - getattr(self.milling, f'zero_{axis}_mm'):g}" for axis in "xyz")
            return f"{size} from {low}, spindle {limits.spindle_max_rpm:g} rpm"
        return f"{size}, hot end {limits.hotend_max_c:g} °C, bed {limits.bed_max_c:g} °C"

    def material(self, name: str) -> Material:
        """The named material. Raises `ProfileError` listing those the machine has."""
        for material in self.materials:
            if material.name.casefold() == name.casefold():
                return material
        if not self.materials:
            raise ProfileError(f"{self.name} has no material: add [[materials]] with name, hotend_c, bed_c to its file")
        known = ", ".join(m.name for m in self.materials)
        raise ProfileError(f"{self.name} has no material {name!r}; it has: {known}")


class PublishedProfile(_Description, frozen=True, kw_only=True):
    """What the bridge tells the commons of a machine: enough to plan for it, nothing private."""

    def sha256(self) -> str:
        """The hash both sides plan and check under: of the canonical JSON of this part."""
        # Through `convert`, so that 210 and 210.0 are one temperature.
        same = msgspec.convert(msgspec.to_builtins(self), PublishedProfile)
        return hashlib.sha256(msgspec.json.encode(same, order="sorted")).hexdigest()


class MachineProfile(_Description, frozen=True, kw_only=True):
    """One machine as its owner describes it, private part included.

    Raises `ProfileError` from `parse` and `load`, naming the field and what it may be.
    """

    link: Link = Link()
    arm: Literal["person", "policy"] = "person"
    arm_policy: StandingArm = StandingArm()
    power: Power = Power()
    resume_within_s: Annotated[float, msgspec.Meta(ge=0)] | msgspec.UnsetType = msgspec.UNSET
    """How long a bridge may have been gone and still go on with what it was printing. Unset: 60, milling 0 (never)."""

    @property
    def resume_limit_s(self) -> float:
        if self.resume_within_s is not msgspec.UNSET:
            return self.resume_within_s
        return 0.0 if self.process == "milling" else 60.0

    @classmethod
    def parse(cls, text: str) -> Self:
        try:
            given = _completed(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            comma = "; a decimal point is a point, not a comma" if _DECIMAL_COMMA.search(text) else ""
            raise ProfileError(f"the machine profile is no valid TOML: {error}{comma}") from None
        try:
            return msgspec.convert(given, cls)
        except msgspec.ValidationError as error:
            raise ProfileError(f"the machine profile is wrong: {in_words(error, given, cls)}") from None

    @classmethod
    def load(cls, path: Path) -> Self:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise ProfileError(
                f"cannot read the machine profile {tidied(path)}: save it as UTF-8 in your editor"
            ) from None
        except OSError as error:
            raise ProfileError(f"cannot read the machine profile {tidied(path)}: {error.strerror or error}") from None
        try:
            return cls.parse(text)
        except ProfileError as error:
            raise ProfileError(f"{tidied(path)}: {error}") from None

    def to_toml(self) -> str:
        """The profile as TOML, every field written out."""
        return tomli_w.dumps(msgspec.to_builtins(self), multiline_strings=True)

    def published(self) -> PublishedProfile:
        """The part the commons may see."""
        return PublishedProfile(**{field: getattr(self, field) for field in PublishedProfile.__struct_fields__})


Profile = MachineProfile | PublishedProfile

ROUTER: Mapping[str, Any] = {
    "firmware": "grbl",
    "resume_within_s": 0.0,
    "volume": {"x_mm": 300.0, "y_mm": 180.0, "z_mm": 45.0},
    "limits": {"feed_max_mm_min": 3_000.0, "acceleration_max_mm_s2": 200.0},
}
"""What a milling profile need not say: the common small router, 25 mm of its Z below the top of the stock."""


def _completed(profile: dict[str, Any]) -> dict[str, Any]:
    if profile.get("process") != "milling":
        return profile
    done = {**ROUTER, **profile}
    for name in ("volume", "limits"):
        if isinstance(done[name], dict):
            done[name] = {**ROUTER[name], **done[name]}
    if isinstance(stock := profile.get("materials"), list):
        # Stock is milled cold.
        done["materials"] = [{"hotend_c": 0.0, **each} if isinstance(each, dict) else each for each in stock]
    return done
