"""Whatever a script writes where its result belongs: one plain answer, and a forge that goes on."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fabrication.errors import FabricationError
from fabrication.geometry.client import JobResult

FORGE = """
def probe(world):
    import os
    os.write(3, bytes.fromhex(world["bytes"]))
    if world["code"] is not None:
        os._exit(world["code"])
    return {"honest": True}
"""
HONEST = b'{"type":"claimed","claim":{}}\n'
CONFINED = b'{"type":"confined","proof":{"landlock_abi":99,"uid":0,"canaries":[]}}\n'
FORGED = {
    "nothing": b"",
    "no text": bytes(range(256)),
    "deep": b'{"type":"claimed","claim":{"x":' + b"[" * 20_000,
    "deep objects": b'{"a":' * 20_000,
    "huge whole number": b'{"type":"claimed","claim":{"x":1' + b"0" * 5000 + b"}}",
    "large whole number": b'{"type":"claimed","claim":{"x":1' + b"0" * 40 + b"}}",
    "NaN": b'{"type":"claimed","claim":{"x":NaN}}',
    "infinite": b'{"type":"claimed","claim":{"x":1e999}}',
    "half a surrogate": b'{"type":"claimed","claim":{"x":"\\ud800"}}',
    "walls again": CONFINED + HONEST,
    "no walls": b'{"type":"unconfined","reason":"ha"}\n',
    "twice": HONEST + HONEST,
    "the supervisor's own answer": b'{"type":"done","claim":{},"log":"","seconds":0,"blobs":[]}\n',
    "a frame of the socket's": b"\0\0\0\2{}",
    "a class of ours": b'{"type":"raised","error":"Superseded","message":"m"}\n',
    "an endless sentence": b'{"type":"raised","error":"ScriptFailed","message":"' + b"m" * 200_000 + b'"}\n',
    "many problems": b'{"type":"raised","error":"ValueRefused","message":"m","problems":{'
    + b",".join(b'"p%d":"x"' % n for n in range(9000))
    + b"}}\n",
}


def answer(forge, data, code):
    """What the client gets, as text that a page could show."""
    request = {"source": FORGE, "world": {"bytes": data.hex(), "code": code}}
    try:
        got = forge.client.run("probe", request, {})
    except FabricationError as error:
        assert len(str(error)) < 5000
        assert str(error).isprintable()
        return error
    assert isinstance(got, JobResult)
    json.dumps(got.claim, allow_nan=False).encode()
    return got


@pytest.mark.parametrize("code", [0, None])
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_result_is_only_a_result(name, code, forge):
    answer(forge, FORGED[name], code)
    health = forge.client.health()
    assert health.ready
    assert health.proof.uid != 0
    after = forge.client.run("probe", {"source": "def probe(world): return {'x': 1}", "world": 0}, {})
    assert after.claim == {"x": 1}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([*FORGED.values(), HONEST, b"\n", b"{", b"}"]) | st.binary(max_size=40), max_size=4).map(
        b"".join
    )
)
def test_any_bytes_for_a_result(dropping_forge, data):
    answer(dropping_forge, data, 0)
    assert dropping_forge.jobs_alive() == []
