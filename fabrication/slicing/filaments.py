"""What a slicer must know of a kind of plastic, beyond the temperatures its owner prints it at."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Filament:
    """`flow_max_mm3_s` is what an ordinary hot end melts; the fan runs between two shares of full speed, %."""

    kind: str
    density_g_cm3: float
    flow_max_mm3_s: float
    fan_min_pct: int
    fan_max_pct: int


# Densities: the plastics' data sheets, rounded. Flow and fan: what common printers manage with a 0.4 mm nozzle.
_KINDS = {
    filament.kind: filament
    for filament in (
        Filament("PLA", 1.24, 14.0, 70, 100),
        Filament("PETG", 1.27, 8.0, 30, 50),
        Filament("ABS", 1.04, 11.0, 0, 15),
        Filament("ASA", 1.07, 11.0, 0, 20),
        Filament("HIPS", 1.04, 11.0, 0, 20),
        Filament("TPU", 1.21, 3.0, 50, 80),
        Filament("PC", 1.20, 8.0, 0, 20),
        Filament("PP", 0.90, 5.0, 50, 100),
        Filament("PA", 1.13, 8.0, 0, 20),
        Filament("PVA", 1.23, 5.0, 50, 100),
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
