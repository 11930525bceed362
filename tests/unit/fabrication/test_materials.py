from fabrication.materials import DENSITIES_G_CM3


def test_densities_are_grams_in_a_cubic_centimetre():
    """Water has 1; nothing that is printed or milled here is lighter than balsa or heavier than lead."""
    assert all(0.1 < density < 11.4 for density in DENSITIES_G_CM3.values())
    assert DENSITIES_G_CM3["PP"] < 1 < DENSITIES_G_CM3["PLA"] < DENSITIES_G_CM3["aluminium 6061"]
