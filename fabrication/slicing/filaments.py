"""What a slicer must know of a kind of plastic, beyond the temperatures its owner prints it at."""

import re
from dataclasses import dataclass

from fabrication.materials import DENSITIES_G_CM3


@dataclass(frozen=True)
class Filament:
    """`flow_max_mm3_s` is what an ordinary hot end melts; the fan runs between two shares of full speed, %."""

    kind: str
    flow_max_mm3_s: float
    fan_min_pct: int
    fan_max_pct: int

    @property
    def density_g_cm3(self) -> float:
        return DENSITIES_G_CM3[self.kind]


# What common printers manage with a 0.4 mm nozzle.
_KINDS = {
    filament.kind: filament
    for filament in (
        Filament("PLA", 14.0, 70, 100),
        Filament("PETG", 8.0, 30, 50),
        Filament("ABS", 11.0, 0, 15),
        Filament("ASA", 11.0, 0, 20),
        Filament("HIPS", 11.0, 0, 20),
        Filament("TPU", 3.0, 50, 80),
        Filament("PC", 8.0, 0, 20),
        Filament("PP", 5.0, 50, 100),
        Filament("PA", 8.0, 0, 20),
        Filament("PVA", 5.0, 50, 100),
    )
}
_ALIASES = {"PET": "PETG", "NYLON": "PA", "FLEX": "TPU", "TPE": "TPU"}


def filament(material: str) -> Filament:
    """The kind named anywhere in a material's name ("Galaxy PLA, black" is PLA); PLA where none is."""
    for word in re.findall(r"[A-Z]+", material.upper()):
        found = _KINDS.get(_ALIASES.get(word, word))
        if found:
            return found
    return _KINDS["PLA"]
