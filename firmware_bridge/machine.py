"""The machine profile: one TOML file per machine, kept by its owner and held against every program.

Lengths are mm, feeds mm/min, speeds mm/s, spindles rpm, temperatures °C, times s. The file has a part that is
published to the commons (`MachineProfile.published`) and a part that never leaves the workshop
(`link`, `arm`, `power`, `resume_within_s`). What a file leaves out is that of a common printer, or of a common router
(`ROUTER`) where it says `process = "milling"`.
"""

import hashlib
import tomllib
from collections.abc import Mapping
from math import hypot, sqrt
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
import tomli_w

from firmware_bridge.errors import ProfileError

Positive = Annotated[float, msgspec.Meta(gt=0, le=1_000_000)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1_000_000)]
Celsius = Annotated[float, msgspec.Meta(ge=0, le=500)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Fingerprint = Annotated[str, msgspec.Meta(pattern=r"^((marlin|grbl)-(uuid|build|settings):[0-9a-f]{16})?\Z")]
ProgramText = Annotated[str, msgspec.Meta(max_length=20_000)]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Volume(_Table, frozen=True, kw_only=True):
    """The reachable box, mm: a router's travel, which begins where `Milling` says, or what a printer can print on.

    A printer's zero is the front left corner of its bed or, as on most deltas, the `origin` in its centre; `x_mm` and
    `y_mm` of a `round` bed are its diameter. To the sides the head may leave the bed as far as said: to wipe or park.
    """

    x_mm: Positive = 220.0
    y_mm: Positive = 220.0
    z_mm: Positive = 250.0
    origin: Literal["corner", "centre"] = "corner"
    bed: Literal["rectangle", "round"] = "rectangle"
    left_mm: NotNegative = 0.0
    right_mm: NotNegative = 0.0
    front_mm: NotNegative = 0.0
    back_mm: NotNegative = 0.0

    def __post_init__(self) -> None:
        if self.bed == "round" and (self.x_mm != self.y_mm or self.origin != "centre" or any(self._beside)):
            raise ValueError('a round bed has one diameter as x_mm and y_mm, origin = "centre", and nothing beside it')

    @property
    def _beside(self) -> tuple[float, float, float, float]:
        return self.left_mm, self.right_mm, self.front_mm, self.back_mm

    @property
    def is_plain(self) -> bool:
        """A box from its own corner, as a router's is."""
        return self.origin == "corner" and not any(self._beside)

    @property
    def bed_low(self) -> tuple[float, float]:
        """The place of the bed's low corner, X and Y."""
        return (-self.x_mm / 2, -self.y_mm / 2) if self.origin == "centre" else (0.0, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """The place of the bed's centre, X and Y."""
        x, y = self.bed_low
        return x + self.x_mm / 2, y + self.y_mm / 2

    @property
    def low(self) -> tuple[float, float, float]:
        """The lowest place a printer's head may go to."""
        x, y = self.bed_low
        return x - self.left_mm, y - self.front_mm, 0.0

    @property
    def high(self) -> tuple[float, float, float]:
        x, y = self.bed_low
        return x + self.x_mm + self.right_mm, y + self.y_mm + self.back_mm, self.z_mm

    @property
    def room_mm(self) -> tuple[float, float, float]:
        """A box that holds whatever fits into it, lying as it likes; on a round bed the square within."""
        share = sqrt(0.5) if self.bed == "round" else 1.0
        return self.x_mm * share, self.y_mm * share, self.z_mm

    def holds(self, size_mm: tuple[float, float, float]) -> bool:
        """Whether a box of that size, as it stands, has room on the bed."""
        x, y, z = size_mm
        across = hypot(x, y) <= self.x_mm if self.bed == "round" else x <= self.x_mm and y <= self.y_mm
        return across and z <= self.z_mm

    def in_words(self) -> str:
        if self.bed == "round":
            return f"⌀ {self.x_mm:g} × {self.z_mm:g} mm"
        return f"{self.x_mm:g} × {self.y_mm:g} × {self.z_mm:g} mm"


class Limits(_Table, frozen=True, kw_only=True):
    """What no program may exceed, whoever sent it."""

    hotend_max_c: Celsius = 260.0
    bed_max_c: Celsius = 110.0
    feed_max_mm_min: Positive = 18_000.0
    acceleration_max_mm_s2: Positive = 5_000.0
    extrude_max_mm: Positive = 60.0
    """Filament pushed by any one move."""
    extrude_min_c: Celsius = 170.0
    """No extrusion while the hot end's target is below this."""
    time_max_s: Positive = 48 * 3600.0
    spindle_max_rpm: Positive = 12_000.0
    """Milling: what `$30` says."""


class Material(_Table, frozen=True, kw_only=True):
    """A material this machine has, with the temperatures its owner prints it at."""

    name: Name
    hotend_c: Celsius
    bed_c: Celsius = 0.0


class Printing(_Table, frozen=True, kw_only=True):
    """What a slicer needs to know of an FFF machine, and the owner's bounds on print settings."""

    nozzle_mm: Positive = 0.4
    filament_mm: Positive = 1.75
    speed_mm_s: Positive = 60.0
    travel_mm_s: Positive = 150.0
    layer_min_mm: Positive = 0.1
    layer_max_mm: Positive = 0.3
    slicer_preset: str = ""
    """Optional `Vendor:Model` of the slicer's own bundles."""


class Milling(_Table, frozen=True, kw_only=True):
    """Where the zero of a router's work coordinates (G54) lies in its travel, counted from each axis' low end.

    From `safe_z_mm` above that zero on, nothing is in the way of a tool, wherever it goes.
    """

    zero_x_mm: NotNegative = 0.0
    zero_y_mm: NotNegative = 0.0
    zero_z_mm: NotNegative = 25.0
    safe_z_mm: float = 3.0


class Programs(_Table, frozen=True, kw_only=True):
    """The owner's own G-code around every job; `{hotend_c}` and `{bed_c}` become the material's."""

    start: ProgramText = ""
    end: ProgramText = ""


WATCHDOG_LEAST_S = 120
"""A program may stand still for 60 s (G4), and what a start program does may take longer between two moves."""


class Link(_Table, frozen=True, kw_only=True):
    """How the machine is reached: by a serial port of this computer, or by the host that has it, at `url`. With a
    `fingerprint`, `port` may be shared or left out.

    Never published: `key` is the owner's secret at that host.
    """

    host: Literal["serial", "octoprint", "moonraker", "prusalink"] = "serial"
    port: str = ""
    baud: Annotated[int, msgspec.Meta(ge=0)] = 115_200
    """0: found out at each opening."""
    reset_on_open: bool = False
    """For a board that only starts after a pulse of DTR; a board that prints loses its print by it."""
    fingerprint: Fingerprint = ""
    """What `firmware-bridge identify` found this machine to be; a port is used only where it answers so."""
    link_loss_s: Annotated[float, msgspec.Meta(ge=0)] = 60.0
    """A port that vanished and is back within this (and `resume_within_s`) may be gone on with where the firmware says
    it stands. After that the first that is sent to it turns everything off."""
    watchdog_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 0
    """After so long without a move the firmware is to halt by itself (M85), heaters off, while a cable is gone; 0 is
    never. It counts moves and waits for heat, no messages (Marlin#7177): a longer pause at the machine halts it too.
    A Marlin from before 2020 may halt as soon as it is asked to (Marlin#16569)."""
    url: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        if 0 < self.watchdog_s < WATCHDOG_LEAST_S:
            least = f"give at least {WATCHDOG_LEAST_S}, or 0 for none"
            raise ValueError(f"watchdog_s = {self.watchdog_s} would halt a machine at work: {least}")

    @property
    def hosted(self) -> bool:
        return self.host != "serial"

    @property
    def address(self) -> str:
        """What tells one machine from another: two links with one address are one machine."""
        return self.url.rstrip("/") if self.hosted else "#".join(filter(None, (self.port, self.fingerprint)))


Watts = Annotated[float, msgspec.Meta(ge=0, le=100_000)]


class Power(_Table, frozen=True, kw_only=True):
    """What the machine takes, W, for the workshop's power budget. Never published.

    `idle_w` is taken always, the heaters' while they heat, and `holding_share` of the heaters' once they have reached
    their temperature: a hot end of 40 W holds 210 °C with some 15, a bed 60 °C with a quarter to a third of its power.
    An owner who prints hotter on a weak bed gives more.
    """

    hotend_w: Watts = 0.0
    bed_w: Watts = 0.0
    idle_w: Watts = 0.0
    holding_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.4


class StandingArm(_Table, frozen=True, kw_only=True):
    """The owner's standing permission to begin without typing `arm`. Never published.

    Empty lists mean "any". Hours are local, `[from, to)`, 0 to 24. `price_min`: what a job must pay at the least, in
    the minor unit of `currency` (ISO 4217): `price_min = 500` with `currency = "EUR"` is 5 €. A job that names no
    price, or one in another currency, is then not covered.
    """

    hours: tuple[Annotated[int, msgspec.Meta(ge=0, le=24)], Annotated[int, msgspec.Meta(ge=0, le=24)]] = (0, 24)
    materials: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    price_min: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    currency: Annotated[str, msgspec.Meta(pattern=r"^([A-Z]{3})?\Z")] = ""

    def __post_init__(self) -> None:
        if self.price_min and not self.currency:
            raise ValueError('price_min needs a currency beside it, say currency = "EUR"')


class _Description(_Table, frozen=True, kw_only=True):
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
            return f"{size}, spindle {limits.spindle_max_rpm:g} rpm"
        return f"{size}, hot end {limits.hotend_max_c:g} °C, bed {limits.bed_max_c:g} °C"

    def material(self, name: str) -> Material:
        """The named material. Raises `ProfileError` listing those the machine has."""
        for material in self.materials:
            if material.name.casefold() == name.casefold():
                return material
        known = ", ".join(m.name for m in self.materials) or "none"
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
            return msgspec.convert(_completed(tomllib.loads(text)), cls)
        except tomllib.TOMLDecodeError as error:
            raise ProfileError(f"the machine profile is no valid TOML: {error}") from None
        except msgspec.ValidationError as error:
            raise ProfileError(f"the machine profile is wrong: {error}") from None

    @classmethod
    def load(cls, path: Path) -> Self:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(f"cannot read the machine profile {path}: {error}") from None
        return cls.parse(text)

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
