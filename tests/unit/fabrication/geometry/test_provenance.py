import io
import zipfile
from xml.etree import ElementTree

import pytest

from fabrication.errors import KernelCrashed
from fabrication.geometry.provenance import MODEL, NAMESPACE, Provenance, package, stamp_3mf

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
BARE = package(
    {
        "[Content_Types].xml": b"<Types/>",
        MODEL: f'<?xml version="1.0"?>\n<model unit="millimeter" xmlns="{CORE}">\n<resources>\n</resources></model>'.encode(),
    }
)
SAID = Provenance(
    title='A <knob> & "more"\x00',
    designers=("Ada", "Grace"),
    licence="CERN-OHL-S-2.0",
    copyright="2026 Ada",
    description="It turns.",
    created="2026-03-04",
    revision="knob/3",
    source_sha256="ab" * 32,
    values={"width": 10.0, "label": "größe"},
)


def metadata(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        model = ElementTree.fromstring(archive.read(MODEL))
    elements = list(model)
    assert elements[-1].tag == f"{{{CORE}}}resources", "metadata stand before it"
    return {each.get("name"): each.text for each in elements[:-1]}


def test_the_origin_is_written_in_the_words_of_the_standard():
    found = metadata(stamp_3mf(BARE, SAID))
    assert found.pop("fc:Engine").startswith("cadquery ")
    assert found == {
        "Title": 'A <knob> & "more" ',
        "Designer": "Ada, Grace",
        "Description": "It turns.",
        "Copyright": "2026 Ada",
        "LicenseTerms": "CERN-OHL-S-2.0",
        "CreationDate": "2026-03-04",
        "ModificationDate": "2026-03-04",
        "Application": "Fabrication commons",
        "fc:Revision": "knob/3",
        "fc:Source": "ab" * 32,
        "fc:Values": '{"label": "größe", "width": 10.0}',
    }


def test_what_is_not_known_is_not_written():
    assert set(metadata(stamp_3mf(BARE, Provenance(title="Knob")))) == {"Title", "Application", "fc:Engine"}


def test_our_names_have_their_namespace():
    with zipfile.ZipFile(io.BytesIO(stamp_3mf(BARE, SAID))) as archive:
        assert f'xmlns:fc="{NAMESPACE}"'.encode() in archive.read(MODEL)
        assert archive.read("[Content_Types].xml") == b"<Types/>"


def test_the_same_origin_gives_the_same_bytes():
    assert stamp_3mf(BARE, SAID) == stamp_3mf(BARE, SAID)


@pytest.mark.parametrize("data", [b"", b"PK", package({}), package({MODEL: b"<model/>"})])
def test_what_is_no_3mf_of_ours_is_refused(data):
    with pytest.raises(KernelCrashed, match="3MF"):
        stamp_3mf(data, SAID)
