"""What materials weigh, for whoever weighs a part: the slicer, the inspection, a quote."""

DENSITIES_G_CM3: dict[str, float] = {
    # Filament, solid: typical values of makers' data sheets (Prusament, NatureWorks 4043D, Eastar 6763, Terluran GP-35,
    # Luran S 778T, Elastollan 1185A, Makrolon 2407, Ultramid B3S), rounded.
    "PLA": 1.24,
    "PETG": 1.27,
    "ABS": 1.04,
    "ASA": 1.07,
    "HIPS": 1.04,
    "TPU": 1.21,
    "PC": 1.20,
    "PP": 0.90,
    "PA": 1.13,
    "PVA": 1.23,
    # Stock for milling.
    "POM": 1.41,  # ISO 1183, copolymer (Hostaform C 9021)
    "acrylic": 1.19,  # ISO 1183 (Plexiglas GS and XT)
    "birch plywood": 0.68,  # Handbook of Finnish Plywood, average at 10 % moisture
    "MDF": 0.75,  # EN 622-5 boards are 650 to 800 kg/m³
    "aluminium 6061": 2.70,  # The Aluminum Association, Aluminum Standards and Data
    "brass CW614N": 8.47,  # EN 12164, CuZn39Pb3
}
"""Grams in a cubic centimetre, by the material's name."""
