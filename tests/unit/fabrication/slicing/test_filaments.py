import pytest

from fabrication.slicing.filaments import filament


@pytest.mark.parametrize(
    ("material", "kind"),
    [
        ("PLA", "PLA"),
        ("Galaxy PLA, black", "PLA"),
        ("petg", "PETG"),
        ("PET-G", "PETG"),
        ("Nylon 12", "PA"),
        ("TPU 95A", "TPU"),
        ("Mystery", "PLA"),
    ],
)
def test_the_kind_in_a_name(material, kind):
    assert filament(material).kind == kind
