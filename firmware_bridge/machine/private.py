"""What never leaves the workshop: how a machine is reached, what it draws, when it may begin by itself."""

from typing import Annotated, Literal

import msgspec

from firmware_bridge.machine.table import Table, Watts
from firmware_bridge.toml_words import SECRET

Fingerprint = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^((marlin|grbl)-(uuid|build|settings):[0-9a-f]{16})?\Z",
        description="what firmware-bridge identify tells",
    ),
]
Currency = Annotated[
    str, msgspec.Meta(pattern=r"^([A-Z]{3})?\Z", description='the three letters of a currency, say "EUR"')
]
WATCHDOG_LEAST_S = 120
"""A program may stand still for 60 s (G4), and what a start program does may take longer between two moves."""


class Link(Table, frozen=True, kw_only=True):
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
    key: Annotated[str, msgspec.Meta(extra=SECRET)] = ""

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


class Power(Table, frozen=True, kw_only=True):
    """What the machine takes, W, for the workshop's power budget. Never published.

    `idle_w` is taken always, the heaters' while they heat, and `holding_share` of the heaters' once they have reached
    their temperature: a hot end of 40 W holds 210 °C with some 15, a bed 60 °C with a quarter to a third of its power.
    An owner who prints hotter on a weak bed gives more.
    """

    hotend_w: Watts = 0.0
    bed_w: Watts = 0.0
    idle_w: Watts = 0.0
    holding_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.4


class StandingArm(Table, frozen=True, kw_only=True):
    """The owner's standing permission to begin without typing `arm`. Never published.

    Empty lists mean "any". Hours are local, `[from, to)`, 0 to 24. `price_min`: what a job must pay at the least, in
    the minor unit of `currency` (ISO 4217): `price_min = 500` with `currency = "EUR"` is 5 €. A job that names no
    price, or one in another currency, is then not covered.
    """

    hours: tuple[Annotated[int, msgspec.Meta(ge=0, le=24)], Annotated[int, msgspec.Meta(ge=0, le=24)]] = (0, 24)
    materials: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    price_min: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    currency: Currency = ""

    def __post_init__(self) -> None:
        if self.price_min and not self.currency:
            raise ValueError('price_min needs a currency beside it, say currency = "EUR"')
