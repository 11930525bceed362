"""Every fault that msgspec finds in a file of ours is said by its key, what stands there, and what may."""

import tomllib
from collections.abc import Iterator

import msgspec
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from firmware_bridge.agent.settings import Settings
from firmware_bridge.machine import MachineProfile
from firmware_bridge.toml_words import _may_be, in_words


def said(text: str, kind: type[msgspec.Struct] = MachineProfile) -> str:
    read = tomllib.loads(text)
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(read, kind)
    return in_words(caught.value, read, kind)


NAMED = 'name = "M"\n'
TEXT = "a text in quotes, of 1 to 80 characters on one line"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # another type
        ("name = 5", f"name is 5: give {TEXT}"),
        ("name = 1979-05-27", f"name is 1979-05-27: give {TEXT}"),
        (f"{NAMED}virtual = 1", "virtual is 1: give true or false"),
        (f"{NAMED}arm = true", 'arm is true: give "person" or "policy"'),
        (f"{NAMED}link = {{baud = 1.5}}", "[link] baud is 1.5: give a whole number of at least 0"),
        (f"{NAMED}link = {{port = []}}", "[link] port is a list of 0: give a text in quotes"),
        (f'{NAMED}volume = {{x_mm = "0"}}', '[volume] x_mm is "0": give a number above 0, up to 1000000'),
        (f"{NAMED}volume = 5", "volume is 5: give a table, [volume]"),
        (f"{NAMED}materials = {{}}", "materials is a table: give each a table of its own, [[materials]]"),
        (f"{NAMED}materials = [5]", "materials no. 1 is 5: give a table, [[materials]]"),
        (
            f'{NAMED}arm_policy = {{people = "ada"}}',
            '[arm_policy] people is "ada": give a list, each a text in quotes',
        ),
        (f'{NAMED}arm_policy = {{people = ["ada", 5]}}', "[arm_policy] people no. 2 is 5: give a text in quotes"),
        (f"{NAMED}link = {{key = 12345678}}", "[link] key is not what it may be: give a text in quotes"),
        # out of bounds
        (f"{NAMED}volume = {{x_mm = -0.5}}", "[volume] x_mm is -0.5: give a number above 0, up to 1000000"),
        (f"{NAMED}volume = {{x_mm = nan}}", "[volume] x_mm is nan: give a number above 0, up to 1000000"),
        (f"{NAMED}limits = {{bed_max_c = 501}}", "[limits] bed_max_c is 501: give a number from 0 to 500"),
        (f"{NAMED}resume_within_s = -1", "resume_within_s is -1: give a number of at least 0"),
        (
            f"{NAMED}arm_policy = {{hours = [8, 25]}}",
            "[arm_policy] hours no. 2 is 25: give a whole number from 0 to 24",
        ),
        (
            f"{NAMED}arm_policy = {{hours = [8]}}",
            "[arm_policy] hours is a list of 1: give a list of 2, each a whole number from 0 to 24",
        ),
        # another text
        ('name = ""', f'name is "": give {TEXT}'),
        ('name = "a\\nb"', f'name is "a\\nb": give {TEXT}'),
        (f'name = "{"x" * 81}"', f'name is "{"x" * 58}…: give {TEXT}'),
        (
            f'{NAMED}programs = {{end = "{"x" * 20_001}"}}',
            f'[programs] end is "{"x" * 58}…: give a text in quotes of 0 to 20000 characters',
        ),
        (
            f'{NAMED}link = {{fingerprint = "blue"}}',
            '[link] fingerprint is "blue": give what firmware-bridge identify tells',
        ),
        (
            f'{NAMED}arm_policy = {{currency = "€"}}',
            '[arm_policy] currency is "€": give the three letters of a currency, say "EUR"',
        ),
        (
            f'{NAMED}link = {{host = "repetier"}}',
            '[link] host is "repetier": give "moonraker", "octoprint", "prusalink" or "serial"',
        ),
        (f'{NAMED}firmware = "x` - at `$.y`"', 'firmware is "x` - at `$.y`": give "grbl" or "marlin"'),
        # other keys
        ("", f"name is missing: give {TEXT}"),
        (
            f'{NAMED}[[materials]]\nname = "PLA"\nhotend_c = 205\n[[materials]]\nname = "ABS"',
            "[[materials]] no. 2, hotend_c is missing: give a number from 0 to 500",
        ),
        (
            f"{NAMED}milling = {{x = 1}}",
            "[milling] x is not known: there may be zero_x_mm, zero_y_mm, zero_z_mm, safe_z_mm",
        ),
        (
            f'{NAMED}materials = [{{name = "PLA", hotend_c = 205, fan = 1}}]',
            "[[materials]] no. 1, fan is not known: there may be name, hotend_c, bed_c",
        ),
        # a table's own rules
        (
            f"{NAMED}arm_policy = {{price_min = 5}}",
            '[arm_policy] price_min needs a currency beside it, say currency = "EUR"',
        ),
        (
            f'{NAMED}process = "milling"\nmilling = {{zero_x_mm = 900}}',
            "milling.zero_x_mm is 900, beyond the travel of 220 mm",
        ),
    ],
)
def test_what_is_wrong_with_a_profile(text, words):
    assert said(text) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("listen = 8017", "listen is 8017: give a text in quotes"),
        (f'key = "{"x" * 201}"', "key is not what it may be: give a text in quotes of 0 to 200 characters"),
        ('stop = {gpio = "17"}', '[stop] gpio is "17": give CHIP:LINE, say "gpiochip0:17"'),
        ("power_budge_w = 1", "power_budge_w is not known: there may be listen, key, names, power_budget_w, stop"),
    ],
)
def test_what_is_wrong_with_the_bridges_own_file(text, words):
    assert said(text, Settings) == words


@pytest.mark.parametrize("key", ["x` - at `$.volume", "x` - at `$.nowhere", "x` - at `$.materials[3]", "ü\nx", ""])
def test_a_key_that_reads_like_a_place_is_a_key(key):
    words = said(tomli_w.dumps({"name": "M", key: 1}))
    assert words.startswith(f"{key.replace(chr(10), chr(0xFFFD))} is not known: there may be name, ")


def leaves(kind: inspect.Type) -> Iterator[inspect.Type]:
    yield kind
    match kind:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from leaves(field.type)
        case inspect.VarTupleType(item_type=item):
            yield from leaves(item)
        case inspect.TupleType(item_types=items):
            for item in items:
                yield from leaves(item)


@pytest.mark.parametrize("kind", [MachineProfile, Settings])
def test_whatever_may_stand_in_a_file_has_words_and_a_pattern_has_its_own(kind):
    for leaf in leaves(inspect.type_info(kind)):
        assert _may_be(leaf, "key")
        assert getattr(leaf, "pattern", None) is None, "give it a description"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FULL = msgspec.to_builtins(
    MachineProfile.parse(f"{NAMED}materials = [{{name = 'PLA', hotend_c = 205}}]\nresume_within_s = 5")
)
KEYS = [(key,) for key in FULL] + [
    (table, key) for table, inner in FULL.items() if isinstance(inner, dict) for key in inner
]


@given(st.sampled_from(KEYS), ANYTHING)
def test_whatever_stands_there_is_said_in_one_line(key, value):
    read = msgspec.json.decode(msgspec.json.encode(FULL))
    table = read if len(key) == 1 else read[key[0]]
    table[key[-1]] = value
    try:
        msgspec.convert(read, MachineProfile)
    except msgspec.ValidationError as error:
        words = in_words(error, read, MachineProfile)
        assert words.isprintable()
        assert words != str(error)
