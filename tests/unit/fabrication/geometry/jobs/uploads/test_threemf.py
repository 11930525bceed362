import io
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fabrication.errors import UploadRefused
from fabrication.geometry.jobs.uploads.soundness import soundness
from fabrication.geometry.jobs.uploads.threemf import read_3mf

MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"


@pytest.fixture(scope="session")
def mesh(cube, files):
    return files.mesh(cube.corners, cube.triangles)


@pytest.fixture(scope="session")
def plain(files, mesh):
    return files.threemf(files.model(f'<object id="1" name="cube" type="model">{mesh}</object>'))


def refused(data):
    with pytest.raises(UploadRefused) as refusal:
        read_3mf(data)
    message = str(refusal.value)
    assert len(message) < 400
    return message


def sizes(data):
    return [(each.name, np.ptp(each.corners, axis=0).round(6).tolist()) for each in read_3mf(data).meshes]


def test_a_cube_is_read_with_its_name(plain):
    (found,) = read_3mf(plain).meshes
    assert (found.name, found.colour) == ("cube", None)
    assert soundness(found.corners, found.triangles).sound


def test_what_we_export_is_read_back(built):
    from fabrication.geometry.jobs import export

    export.run({"format": "3mf", "names": ["plate", "pin 2"], "colours": ["#ff8800", None]}, built)
    found = read_3mf((built / "export.3mf").read_bytes()).meshes
    assert [each.name for each in found] == ["plate", "pin 2"]
    assert found[0].colour == "#ff8800"
    assert all(soundness(each.corners, each.triangles).sound for each in found)


@pytest.mark.parametrize(
    ("unit", "mm"),
    [("micron", 0.01), ("millimeter", 10), ("centimeter", 100), ("inch", 254), ("foot", 3048), ("meter", 10_000)],
)
def test_units_are_honoured(files, mesh, unit, mm):
    data = files.threemf(files.model(f'<object id="1">{mesh}</object>', attributes=f'unit="{unit}"'))
    assert sizes(data) == [("", [mm] * 3)]


def test_a_unit_there_is_not_is_refused(files, mesh):
    assert "its unit is 'parsec'" in refused(
        files.threemf(files.model(f'<object id="1">{mesh}</object>', attributes='unit="parsec"'))
    )


def test_items_and_components_are_put_where_they_say(files, mesh):
    turn = "0 1 0 -1 0 0 0 0 1 100 0 0"  # x becomes y, then 100 mm along x
    resources = (
        f'<object id="1" name="cube">{mesh}</object>'
        '<object id="2"><components><component objectid="1" transform="2 0 0 0 1 0 0 0 1 0 0 5"/></components></object>'
    )
    items = f'<item objectid="2" transform="{turn}"/><item objectid="1"/>'
    first, second = read_3mf(files.threemf(files.model(resources, items))).meshes
    assert first.corners.min(0).round(9).tolist() == [90, 0, 5]
    assert first.corners.max(0).round(9).tolist() == [100, 20, 15]
    assert second.corners.max(0).tolist() == [10, 10, 10]


def test_a_mirror_keeps_the_outside_outside(files, mesh):
    data = files.threemf(
        files.model(f'<object id="1">{mesh}</object>', '<item objectid="1" transform="-1 0 0 0 1 0 0 0 1 0 0 0"/>')
    )
    (found,) = read_3mf(data).meshes
    assert found.corners[:, 0].min() == -10
    assert soundness(found.corners, found.triangles).sound


def test_colours_of_base_materials_and_colour_groups(files, mesh):
    resources = (
        '<basematerials id="5"><base name="a" displaycolor="#112233"/><base name="b" displaycolor="#AABBCC80"/>'
        '</basematerials><m:colorgroup id="6"><m:color color="#00FF00"/></m:colorgroup>'
        f'<object id="1" pid="5" pindex="1">{mesh}</object><object id="2" pid="6">{mesh}</object>'
        f'<object id="3" pid="5" pindex="9">{mesh}</object>'
    )
    items = "".join(f'<item objectid="{n}"/>' for n in (1, 2, 3))
    data = files.threemf(files.model(resources, items, f'unit="millimeter" xmlns:m="{MATERIAL}"'))
    assert [each.colour for each in read_3mf(data).meshes] == ["#aabbcc", "#00ff00", None]


def test_objects_in_other_model_files_are_found(files, mesh):
    components = '<components><component objectid="7" p:path="/3D/Objects/one.model"/></components>'
    model = files.model(
        f'<object id="1">{components}</object>',
        attributes=f'unit="inch" requiredextensions="p" xmlns:p="{PRODUCTION}"',
    )
    other = files.model(f'<object id="7" name="inner">{mesh}</object>', "", 'unit="inch"')
    assert sizes(files.threemf(model, {"3D/Objects/one.model": other})) == [("inner", [254] * 3)]
    assert "does not pack '/3D/Objects/one.model'" in refused(files.threemf(model))
    assert "different units" in refused(files.threemf(model, {"3D/Objects/one.model": other.replace("inch", "meter")}))


def test_supports_are_left_out_and_said(files, mesh):
    resources = f'<object id="1" type="support">{mesh}</object><object id="2">{mesh}</object>'
    reading = read_3mf(files.threemf(files.model(resources, '<item objectid="1"/><item objectid="2"/>')))
    assert len(reading.meshes) == 1
    assert reading.notes == ["objects of type 'support' were left out"]


def test_a_required_extension_that_is_unknown_is_named(files, mesh):
    attributes = 'requiredextensions="b" xmlns:b="http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"'
    assert "beamlattice/2017/02" in refused(
        files.threemf(files.model(f'<object id="1">{mesh}</object>', attributes=attributes))
    )


def test_elements_of_other_extensions_are_passed_over(files, mesh):
    model = files.model(f'<x:odd xmlns:x="urn:x"><x:vertex x="no"/></x:odd><object id="1">{mesh}</object>')
    assert len(read_3mf(files.threemf(model)).meshes) == 1


def exploding(depth, mesh):
    return f'<object id="0">{mesh}</object>' + "".join(
        f'<object id="{n}"><components>{f"<component objectid={chr(34)}{n - 1}{chr(34)}/>" * 2}</components></object>'
        for n in range(1, depth + 1)
    )


@pytest.mark.parametrize(
    ("resources", "items", "words"),
    [
        ("<object id='1'>MESH</object>", "", "its build is empty"),
        ("<object id='1'/>", "<item objectid='1'/>", "no object with triangles"),
        ("", "<item objectid='4'/>", "object 4 is referred to, but it is not there"),
        ("<object id='1'><components><component objectid='1'/></components></object>", "<item objectid='1'/>",
         "object 1 is a component of itself"),
        ("<object id='1'><components><component objectid='2'/></components></object>"
         "<object id='2'><components><component objectid='1'/></components></object>", "<item objectid='1'/>",
         "component of itself"),
        (exploding(10, ""), "<item objectid='10'/>", "more than 1,000 components"),
        (exploding(15, "MESH"), "<item objectid='15'/>", "more than 32 bodies"),
        (exploding(20, "MESH"), "<item objectid='20'/>", "nested more than 16 deep"),
        ("<object id='1'>MESH</object>", "<item objectid='1'/>" * 33, "more than 32 bodies"),
        ("<object id='1'>MESH</object>" * 2, "<item objectid='1'/>", "two objects have the number 1"),
        ("<object id='1'>MESH</object>", "<item/>", "lacks the attribute 'objectid'"),
        ("<object id='1'>MESH</object>", "<item objectid='1' transform='1 0 0'/>", "3 numbers instead of 12"),
        ("<object id='1'>MESH</object>", "<item objectid='1' transform='1 0 0 0 1 0 0 0 0 0 0 0'/>", "flattens"),
        ("<object id='1'>MESH</object>", "<item objectid='1' transform='1 0 0 0 1 0 0 0 nan 0 0 0'/>", "flattens"),
        ("<object id='1'>MESH</object>", "<item objectid='1' transform='1 0 0 0 1 0 0 0 1 1e9 0 0'/>",
         "1e\\+09 mm from the origin"),
        ("<object id='1'>MESH</object>", "<item objectid='1' transform='1e99 0 0 0 1e99 0 0 0 1e99 0 0 0'/>",
         "mm from the origin"),
    ],
)  # fmt: skip
def test_builds_that_explode_or_lead_nowhere_are_refused(files, mesh, resources, items, words):
    assert re.search(words, refused(files.threemf(files.model(resources.replace("MESH", mesh), items))))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('v1="0"', 'v1="8"', "a corner that is not among its 8"),
        ('v1="0"', 'v1="-1"', "a corner that is not among its 8"),
        ('v1="0"', f'v1="{2**70}"', "no number"),
        ('v1="0"', 'v1="a"', "no number"),
        ('x="0"', 'x="nan"', "no finite number"),
        ('x="0"', 'x="1e999"', "no finite number"),
        ('x="0"', 'x="ten"', "no number"),
        ('x="0" ', "", "lacks the attribute 'x'"),
        ("</mesh>", "", "no XML"),
        ("<model", "<modal", "no XML|no 3MF model"),
    ],
)
def test_what_is_wrong_with_a_mesh_is_said(files, mesh, old, new, words):
    model = files.model(f'<object id="1">{mesh}</object>')
    assert re.search(words, refused(files.threemf(model.replace(old, new, 1))))


BOMB = "<!DOCTYPE x [" + '<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip


@pytest.mark.parametrize(
    "before",
    [BOMB, '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">', '<!DOCTYPE x [<!ENTITY p SYSTEM "file:///etc/passwd">]>',
     '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>', "<!DOCTYPE x>"],
)  # fmt: skip
def test_a_document_type_is_refused_whatever_is_in_it(files, mesh, before):
    model = files.model(f'<object id="1" name="&i;">{mesh}</object>', before=before)
    assert "document type or entities" in refused(files.threemf(model))
    assert "document type or entities" in refused(files.zip({"_rels/.rels": before + files.RELS}))


def test_deep_xml_and_odd_encodings_are_refused(files, mesh):
    assert "nested more than 32 deep" in refused(files.threemf(files.model("<a>" * 100_000)))
    model = files.model(f'<object id="1">{mesh}</object>')
    assert "encoding" in refused(files.threemf(model.replace("UTF-8", "rot13")))
    assert len(read_3mf(files.threemf(model.replace("UTF-8", "UTF-16").encode("utf-16"))).meshes) == 1


@pytest.mark.parametrize("name", ["../x", "3D/../../x", "/etc/x", "..\\x", "C:x", "a/..", "//x/y"])
def test_names_that_lead_out_are_refused(files, mesh, name):
    data = files.threemf(files.model(f'<object id="1">{mesh}</object>'), {name: b"x"})
    assert "leads out of it" in refused(data)


def test_links_encrypted_and_strangely_packed_files_are_refused(files, mesh, plain):
    link = zipfile.ZipInfo("3D/link")
    link.external_attr = 0o120777 << 16
    model = files.model(f'<object id="1">{mesh}</object>')
    assert "packs a link, '3D/link'" in refused(files.threemf(model, {link: b"/etc/passwd"}))
    at = plain.rindex(b"PK\x01\x02")
    assert "encrypted" in refused(plain[: at + 8] + b"\x01" + plain[at + 9 :])
    squeezed = zipfile.ZipInfo("x")
    squeezed.compress_type = zipfile.ZIP_LZMA
    stream = io.BytesIO(plain)
    with zipfile.ZipFile(stream, "a") as file:
        file.writestr(squeezed, b"x" * 100)
    assert "may not use" in refused(stream.getvalue())


def test_bombs_are_refused_before_they_are_unpacked(files, mesh):
    model = files.model(f'<object id="1">{mesh}</object>')
    assert "more than 200 times its size" in refused(files.threemf(model, {"zeros": bytes(20 << 20)}))
    assert "packs more than 1,000 files" in refused(files.threemf(model, {f"f{n}": b"" for n in range(1_000)}))


def test_what_lies_about_its_size_is_never_read_further(files, mesh, plain):
    at = plain.rindex(b"PK\x01\x02") + 24
    for size in (10, 2**31):
        lying = plain[:at] + size.to_bytes(4, "little") + plain[at + 4 :]
        assert re.search("damaged|no XML|at most 512|times its size", refused(lying))


def test_two_files_of_one_name_are_refused(files, mesh):
    model = files.model(f'<object id="1">{mesh}</object>')
    assert "have the same name" in refused(files.threemf(model, {"3D/3DMODEL.model": model}))


def test_a_zip_in_a_zip_is_never_opened(files, plain):
    data = files.zip({"_rels/.rels": files.RELS, "3D/3dmodel.model": plain})
    assert "no XML" in refused(data)


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"\0" * 1000, b"PK\x03\x04" * 100])
def test_what_is_no_3mf_is_refused(data):
    assert re.search("no zip|no 3MF", refused(data))


def test_a_package_without_a_model_is_refused(files):
    assert "no '_rels/.rels'" in refused(files.zip({"word/document.xml": "<x/>"}))
    assert "which of its files is the model" in refused(
        files.zip({"_rels/.rels": files.RELS.replace('3dmodel"/', 'x"/')})
    )
    assert "does not pack" in refused(files.zip({"_rels/.rels": files.RELS}))


def test_too_many_triangles_are_refused_while_they_are_read(files, mesh, monkeypatch):
    monkeypatch.setattr("fabrication.geometry.jobs.uploads.threemf.build.TRIANGLES_MAX", 11)
    monkeypatch.setattr("fabrication.geometry.jobs.uploads.limits.TRIANGLES_MAX", 11)
    assert "at most 11 are taken" in refused(files.threemf(files.model(f'<object id="1">{mesh}</object>')))


def test_instances_count_as_triangles(files, mesh, monkeypatch):
    monkeypatch.setattr("fabrication.geometry.jobs.uploads.limits.TRIANGLES_MAX", 30)
    data = files.threemf(files.model(f'<object id="1">{mesh}</object>', '<item objectid="1"/>' * 3))
    assert "it has 36 triangles; at most 30 are taken" in refused(data)


@given(st.data())
def test_any_change_to_a_file_is_read_or_refused(plain, data):
    changed = bytearray(plain)
    for place, value in data.draw(st.lists(st.tuples(st.integers(0, len(plain) - 1), st.integers(0, 255)), max_size=6)):
        changed[place] = value
    read_or_refused(bytes(changed))


@settings(max_examples=60)
@given(st.data())
def test_any_change_to_a_model_is_read_or_refused(files, mesh, data):
    model = files.model(f'<object id="1" pid="1">{mesh}</object><basematerials id="1"><base/></basematerials>')
    start = data.draw(st.integers(0, len(model)))
    end = data.draw(st.integers(start, min(len(model), start + 40)))
    middle = data.draw(st.text('<>"=/ &x10-!e.', max_size=12) | st.text(max_size=8))
    read_or_refused(files.threemf((model[:start] + middle + model[end:]).encode("utf-8", "surrogatepass")))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data):
    read_or_refused(data)


def read_or_refused(data):
    try:
        meshes = read_3mf(data).meshes
    except UploadRefused as refusal:
        assert len(str(refusal)) < 400
    else:
        for each in meshes:
            assert np.isfinite(each.corners).all()
            assert 0 <= each.triangles.min() <= each.triangles.max() < len(each.corners)
