import pytest

from fabrication.errors import (
    ConfinementUnavailable,
    ForgeUnavailable,
    JobKilled,
    KernelCrashed,
    ScriptFailed,
    Superseded,
)
from fabrication.geometry.feasible.samples import Outcome
from fabrication.geometry.feasible.tries import WORDS_MAX, try_out
from fabrication.recipes import Source
from tests.unit.fabrication.geometry.feasible.oracle_forge import OracleForge

SOURCE = Source("a = 1.0")


def test_what_builds_leaves_its_sizes():
    forge = OracleForge(lambda values: "")
    sample = try_out(forge, SOURCE, {"a": 1.0}, background=True)
    assert (sample.outcome, sample.words, sample.sizes_mm) == (Outcome.BUILT, "", ((10.0, 10.0, 10.0),))
    assert forge.background == {True}


def test_what_is_no_valid_solid_is_said_so():
    forge = OracleForge(lambda values: "")
    forge.valid = False
    assert try_out(forge, SOURCE, {"a": 1.0}, background=False).outcome is Outcome.INVALID
    assert forge.background == {False}


@pytest.mark.parametrize(
    ("error", "outcome", "words"),
    [
        (ScriptFailed("too thin", 3), Outcome.REFUSED, "too thin"),
        (ScriptFailed("x" * 9000, 3), Outcome.REFUSED, "x" * WORDS_MAX + "…"),
        (JobKilled("stopped after 120 s"), Outcome.KILLED, "stopped after 120 s"),
        (
            KernelCrashed("the geometry kernel crashed on a = 1.0 (SIGSEGV)"),
            Outcome.CRASHED,
            "the geometry kernel crashed",
        ),
        (
            KernelCrashed("the geometry kernel failed (StdFail)"),
            Outcome.CRASHED,
            "the geometry kernel failed (StdFail)",
        ),
    ],
)
def test_what_fails_leaves_its_words(error, outcome, words):
    sample = try_out(OracleForge(lambda values: error), SOURCE, {"a": 1.0}, background=True)
    assert (sample.outcome, sample.words, sample.sizes_mm) == (outcome, words, ())
    assert sample.line == getattr(error, "line", None)


@pytest.mark.parametrize("error", [ForgeUnavailable("gone"), ConfinementUnavailable("no"), Superseded("newer")])
def test_what_says_nothing_about_the_values_is_no_outcome(error):
    with pytest.raises(type(error)):
        try_out(OracleForge(lambda values: error), SOURCE, {"a": 1.0}, background=True)
