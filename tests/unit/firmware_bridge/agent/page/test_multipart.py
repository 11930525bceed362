import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.agent.page.multipart import PART_HEADERS_MAX, PARTS_MAX, BodyWrong, boundary_of, parts


def form(*fields, boundary=b"b0"):
    body = b"".join(b"--%b\r\n%b\r\n\r\n%b\r\n" % (boundary, header, content) for header, content in fields)
    return body + b"--%b--\r\n" % boundary


def field(name, filename=None):
    return f'Content-Disposition: form-data; name="{name}"{f"; filename={filename}" if filename else ""}'.encode()


def read_all(body, chunk=7, boundary=b"b0"):
    source = io.BytesIO(body)
    return [
        (p.name, p.filename, b"".join(p.chunks)) for p in parts(lambda size: source.read(min(size, chunk)), boundary)
    ]


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=200).filter(lambda content: b"\r\n--b0" not in content), max_size=5),
    st.integers(1, 300),
)
def test_every_part_comes_out_as_it_went_in_whatever_the_chunks(contents, chunk):
    body = form(*((field(f"f{n}"), content) for n, content in enumerate(contents)))
    assert read_all(body, chunk) == [(f"f{n}", None, content) for n, content in enumerate(contents)]


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(1, 64))
def test_no_body_does_anything_else_than_end_or_be_refused(body, chunk):
    try:
        read_all(b"--b0\r\n" + body, chunk)
    except BodyWrong as wrong:
        assert str(wrong)


@pytest.mark.parametrize(
    ("filename", "shown"),
    [
        ('"cube.gcode"', "cube.gcode"),
        ('"würfel.gcode"', "würfel.gcode"),
        ('"../../etc/passwd"', "../../etc/passwd"),
        ("\"a.gcode\"; filename*=UTF-8''w%C3%BCrfel.gcode", "a.gcode"),
    ],
)
def test_names_of_files(filename, shown):
    assert read_all(form((field("file", filename), b"G28")))[0][:2] == ("file", shown)


@pytest.mark.parametrize(
    "name", [b"filename*=a\0b'x'c", b"filename*0=a; filename*=utf-8''b", b"name*0=a; name*=utf-8''b"]
)
def test_a_name_that_the_library_cannot_read_is_the_forms_fault(name):
    with pytest.raises(BodyWrong, match="a name that cannot be read"):
        read_all(form((b"Content-Disposition: form-data; " + name, b"G28")))


def test_a_part_nobody_reads_is_passed_over():
    source = io.BytesIO(form((field("a"), b"x" * 1000), (field("b"), b"y")))
    assert [part.name for part in parts(lambda size: source.read(min(size, 10)), b"b0")] == ["a", "b"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "ended"),
        (b"--b0\r\n", "ended"),
        (form((field("a"), b"content"))[:-12], "ended"),
        (form((b"X: " + b"y" * PART_HEADERS_MAX, b"")), "too long"),
        (form(*[(field("a"), b"")] * (PARTS_MAX + 1)), "more than"),
    ],
)
def test_a_wrong_body_is_refused(body, named):
    with pytest.raises(BodyWrong, match=named):
        read_all(body, 1000)


def test_memory_is_flat():
    """100 MB in a part, of which the reader never holds more than a chunk and a boundary."""
    chunks = iter([form((field("file"), b""))[:-10], *[b"x" * 65_536] * 1600, b"\r\n--b0--"])
    largest = 0
    for part in parts(lambda _: next(chunks, b""), b"b0"):
        for chunk in part.chunks:
            largest = max(largest, len(chunk))
    assert 0 < largest <= 65_536 + 100


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=b0", b"b0"),
        ('multipart/form-data; boundary="b 0"', b"b 0"),
        ("Multipart/Form-Data; charset=utf-8; boundary=b0", b"b0"),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=", None),
        ("multipart/mixed; boundary=b0", None),
        ("application/octet-stream", None),
        ("multipart/form-data; boundary=" + "b" * 71, None),
        ("", None),
    ],
)
def test_the_boundary(content_type, boundary):
    assert boundary_of(content_type) == boundary
