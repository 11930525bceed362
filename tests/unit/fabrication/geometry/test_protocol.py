import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fabrication.geometry import protocol
from fabrication.geometry.protocol import Claimed, Confined, Done, ProtocolError, Raised, RunRequest, Unconfined

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
NEARLY = [
    b'{"type":"claimed","claim":{}}',
    b'{"type":"raised","error":"X","message":"y"}',
    b'{"type":"confined","proof":{"landlock_abi":7,"uid":1,"canaries":[]}}',
    b'{"type":"unconfined","reason":"z"}',
    b"[" * 10_000,
    b'{"a":' * 10_000,
]


@st.composite
def mutilated(draw):
    line = bytearray(draw(st.sampled_from(NEARLY)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(line)))
        line[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=4))
    return bytes(line)


@given(st.binary(max_size=500) | mutilated() | json_values.map(msgspec.json.encode))
def test_a_hostile_line_is_a_message_of_the_right_types_or_none(line):
    result, first = protocol.parse_result(line), protocol.parse_first_line(line)
    assert result is None or isinstance(result, Claimed | Raised)
    assert first is None or isinstance(first, Confined | Unconfined)
    if isinstance(result, Claimed):
        assert isinstance(result.claim, dict)
    if isinstance(result, Raised):
        assert isinstance(result.error, str)
        assert result.line is None or type(result.line) is int


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"claimed","claim":{},"more":1}',
        b'{"type":"claimed","claim":[]}',
        b'{"type":"claimed"}',
        b'{"type":"claimed","claim":{"x":NaN}}',
        b'{"type":"raised","error":1,"message":""}',
        b'{"type":"raised","error":"E","message":"","line":"1"}',
        b'{"claim":{}}',
        b'{"type":"raised","error":"E","message":"","line":-1}',
        b'{"type":"raised","error":"E","message":"","line":1' + b"0" * 30 + b"}",
        b'{"type":"raised","error":"E","message":"","line":2147483648}',  # more than a column of whole numbers holds
        b'{"type":"raised","error":"E","message":"","line":1' + b"0" * 5000 + b"}",
        b'{"type":"raised","error":"E","message":"' + b"m" * 4001 + b'"}',
        b'{"type":"raised","error":"' + b"E" * 81 + b'","message":""}',
        b'{"type":"raised","error":"E","message":"","problems":{"p":1}}',
        b'{"type":"claimed","claim":{"x":1e999}}',
        b'{"type":"claimed","claim":{"x":"\\ud800"}}',
        b'{"type":"claimed","claim":{"x":"\xff"}}',
        b'{"type":"claimed","claim":{}}{"type":"claimed","claim":{}}',
        b'{"type":"claimed","claim":{"x":' + b"[" * 5000 + b"]" * 5000 + b"}}",
    ],
)
def test_keys_and_types_are_fixed(line):
    assert protocol.parse_result(line) is None


@given(st.binary(max_size=200))
def test_requests_and_answers_are_messages_or_protocol_errors(header):
    for parse in (protocol.parse_request, protocol.parse_reply):
        with pytest.raises(ProtocolError):
            parse(b"\0" + header)


@given(
    st.dictionaries(st.from_regex(r"[a-z0-9][A-Za-z0-9_.-]{0,20}", fullmatch=True), st.binary(max_size=50), max_size=5)
)
def test_a_frame_reads_back(files):
    blobs = tuple((name, len(data)) for name, data in files.items())
    request = RunRequest(kind="build", request={"values": {"width": 3.5}}, blobs=blobs)
    sent = b"".join(protocol.frame(request, files))
    length = protocol.header_length(sent[:4])
    assert protocol.parse_request(sent[4 : 4 + length]) == request
    assert sent[4 + length :] == b"".join(files.values())


BAD_NAMES = [
    "",
    ".",
    "..",
    "../x",
    "a/../b",
    "/x",
    "a//b",
    "a/",
    ".hidden",
    "a/.b",
    "a\n",
    "a" * 65,
    "-x",
    "ä",
    "a/b/c/d",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_stays_in_its_folder(name):
    with pytest.raises(ProtocolError, match="no file name"):
        protocol.check_inputs(((name, 0),))


def test_an_input_may_lie_in_folders_and_an_output_may_not():
    protocol.check_inputs((("lib/teeth/a.py", 0), ("lib/b.py", 0), ("_x.py", 0), ("Data.DXF", 0)))
    answer = Done(claim={}, log="", seconds=0, blobs=(("lib/a.stl", 0),))
    with pytest.raises(ProtocolError, match="at most 1 parts"):
        protocol.parse_reply(msgspec.json.encode(answer))


@pytest.mark.parametrize(
    "blobs",
    [(("a", 1), ("a", 1)), (("a", 1), ("a/b", 1)), (("a/b/c", 1), ("a/b", 1)), (("a", -1),), (("a", 2**40),)],
)
def test_lengths_are_sane_and_names_unique(blobs):
    with pytest.raises(ProtocolError):
        protocol.check_inputs(blobs)


@pytest.mark.parametrize("field", [{"asker": "x" * 81}, {"lane": "fast"}, {"replaces": 1}])
def test_who_asks_and_how_is_checked(field):
    header = msgspec.json.encode({"type": "run", "kind": "build", "request": {}, **field})
    with pytest.raises(ProtocolError):
        protocol.parse_request(header)


def test_an_endless_header_is_not_begun():
    with pytest.raises(ProtocolError, match="4294967295 bytes"):
        protocol.header_length(b"\xff\xff\xff\xff")
    with pytest.raises(ProtocolError):
        protocol.frame(Done(claim={"x": "x" * protocol.HEADER_MAX}, log="", seconds=0))
