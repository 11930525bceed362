"""Scripts that take too much, crash or lie: each gets its one plain sentence, and the next job works."""

import dataclasses

import pytest

from fabrication.errors import ForgeError, JobKilled, KernelCrashed, ScriptFailed
from fabrication.geometry.client import Limits
from tests.faults.fabrication.unconfined import MEASURES, passes, unconfined

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Excess:
    """`uses` is what it uses up where nothing holds it (see `MEASURES`); None where it is held by itself."""

    source: str
    error: type[ForgeError]
    says: str
    limits: Limits = dataclasses.field(default_factory=Limits)
    uses: str | None = None


QUICK = Limits(cpu_s=1, wall_s=10)

EXCESSES = {
    "loop": Excess("while True: pass", JobKilled, "stopped after 1 s of computing", QUICK, "computing"),
    "loop ignoring SIGXCPU": Excess(
        "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        JobKilled,
        "stopped after 1 s of computing",
        QUICK,
        "computing",
    ),
    "loop catching SIGXCPU": Excess(
        "import signal; signal.signal(signal.SIGXCPU, lambda *_: None)\nwhile True: pass",
        JobKilled,
        "stopped after 1 s of computing",
        QUICK,
        "computing",
    ),
    "sleep ignoring signals": Excess(
        "import signal, time\n"
        "for n in set(signal.valid_signals()) - {9, 19}: signal.signal(n, signal.SIG_IGN)\n"
        "time.sleep(60)",
        JobKilled,
        "ran longer than 0.5 s",
        Limits(wall_s=0.5),
        "waiting",
    ),
    "stopping itself": Excess(
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)",
        JobKilled,
        "ran longer",
        Limits(wall_s=0.5),
        "waiting",
    ),
    "bytearray bomb": Excess(
        "a = []\nwhile True: a.append(bytearray(10**7))",
        JobKilled,
        "more than 100 MiB of mem",
        Limits(memory=100 * MIB),
        "memory",
    ),
    "mapping bomb": Excess(
        "import mmap; mmap.mmap(-1, 200 * 2**20)",
        JobKilled,
        "more than 100 MiB of memory",
        Limits(memory=100 * MIB),
        "memory",
    ),
    "huge number": Excess("10 ** 10 ** 9", JobKilled, "stopped", QUICK, "computing"),
    "regex": Excess("import re; re.match('(a+)+$', 'a' * 40 + 'b')", JobKilled, "1 s of computing", QUICK, "computing"),
    "native loop": Excess(
        "import cadquery as cq\n"
        "balls = [cq.Solid.makeSphere(5, cq.Vector(n * 0.37, n % 7 * 0.41, n % 5 * 0.3)) for n in range(30)]\n"
        "balls[0].fuse(*balls[1:])",
        JobKilled,
        "stopped",
        QUICK,
        "computing",
    ),
    "mesh tolerance of 1e-7": Excess(
        "import cadquery as cq\ncq.Solid.makeTorus(10, 3).tessellate(1e-7)", JobKilled, "stopped", QUICK, "computing"
    ),
    "fork bomb": Excess(
        "import os\nfor _ in range(world['most']): os.fork() or os._exit(0)",
        ScriptFailed,
        "Operation not permitted",
        uses="processes",
    ),
    "thread bomb": Excess(
        "import threading\nwhile True: threading.Thread(target=threading.Event().wait, daemon=True).start()",
        ScriptFailed,
        "can't start new thread",
        Limits(memory=300 * MIB),
        "threads",
    ),
    "descriptors": Excess(
        "f = []\nwhile True: f.append(open('/dev/null'))", ScriptFailed, "Too many open files", uses="descriptors"
    ),
    "many files": Excess(
        "for n in range(10**6): open(f'f{n}', 'w').close()", JobKilled, "wrote more than 64 files", uses="files"
    ),
    "big file": Excess(
        "open('big', 'wb').write(bytes(2 * 2**20))",
        JobKilled,
        "a file of more than 1 MiB",
        Limits(file=MIB),
        "one file",
    ),
    "sparse file": Excess(
        "open('big', 'wb').truncate(10 * 2**30)", JobKilled, "a file of more than 64 MiB", uses="one file"
    ),
    "full folder": Excess(
        "import time\nfor n in range(9): open(f'f{n}', 'wb').write(bytes(2**20))\ntime.sleep(9)",
        JobKilled,
        "wrote more than 5 MiB",
        Limits(folder=5 * MIB),
        "all files",
    ),
    "full folder at the end": Excess(
        "for n in range(9): open(f'f{n}', 'wb').write(bytes(2**20))",
        JobKilled,
        "wrote more than 5 MiB",
        Limits(folder=5 * MIB),
        "all files",
    ),
    "stdout flood": Excess("while True: print('x' * 999)", JobKilled, "printed more than 64 KiB", uses="log"),
    "stderr flood": Excess(
        "import os\nwhile True: os.write(2, bytes(999))", JobKilled, "printed more than 64 KiB", uses="log"
    ),
    "result flood": Excess("answer['x'] = 'x' * 10**6", JobKilled, "result of more than 256 KiB", uses="result"),
    "raw result flood": Excess(
        "import os\nwhile True: os.write(3, bytes(999))", JobKilled, "a result of more than", uses="result"
    ),
    # From here on they are held by themselves: what is tried is that each is one sentence, and the next job works.
    "recursion": Excess("f = lambda: f()\nf()", ScriptFailed, "recursion"),
    "C stack": Excess(
        "import sys; sys.setrecursionlimit(10**9)\nclass A:\n def __getattr__(s, n): return getattr(s, n + '')\nA().x",
        KernelCrashed,
        "SIGSEGV",
    ),
    "null pointer": Excess("import ctypes; ctypes.string_at(0)", KernelCrashed, "SIGSEGV"),
    "abort": Excess("import os; os.abort()", KernelCrashed, "SIGABRT"),
    "nested parser bomb": Excess("compile('(' * 10**5, 'x', 'eval')", ScriptFailed, "parenthes"),
    "nested JSON": Excess("import json; json.loads('[' * 10**6)", ScriptFailed, "RecursionError"),
    "entities of entities": Excess(
        "from xml.etree.ElementTree import fromstring\n"
        "said = ''.join('<!ENTITY e%d \"%s\">' % (n, '&e%d;' % (n - 1) * 10) for n in range(1, 12))\n"
        "fromstring(f'<!DOCTYPE a [<!ENTITY e0 \"ha\">{said}]><a>&e11;</a>')",
        ScriptFailed,
        "amplification",
    ),
    "leaving": Excess("raise SystemExit(0)", ScriptFailed, "SystemExit"),
    "leaving hard": Excess("import os; os._exit(0)", ScriptFailed, "gave no result"),
    "claiming missing walls": Excess("import os; os._exit(97)", ScriptFailed, "gave no result"),
    "forged error": Excess(
        """import os; os.write(3, b'{"type":"raised","error":"ConfinementUnavailable","message":"ha"}\\n'); os._exit(0)""",
        ScriptFailed,
        "ConfinementUnavailable: ha",
    ),
    "forged walls": Excess(
        """import os; os.write(3, b'{"type":"unconfined","reason":"ha"}\\n'); os._exit(97)""", ScriptFailed, "no result"
    ),
    "deep result": Excess("import os; os.write(3, b'[' * 10**5); os._exit(0)", ScriptFailed, "gave no result"),
    "two results": Excess("import os; os.write(3, b'{}\\n')", ScriptFailed, "gave no result"),
    "no text": Excess("import os; os.write(3, bytes(range(256))); os._exit(0)", ScriptFailed, "gave no result"),
    "not JSON": Excess("answer['x'] = object()", ScriptFailed, "TypeError"),
}


def source_of(body: str) -> str:
    return (
        "def probe(world):\n answer = {}\n" + "".join(f" {line}\n" for line in body.splitlines()) + " return answer\n"
    )


@pytest.mark.parametrize("name", EXCESSES)
def test_excess_is_stopped_and_named(name, forge_of_each_user):
    forge = forge_of_each_user
    excess = EXCESSES[name]
    with pytest.raises(excess.error, match=excess.says):
        forge.client.run(
            "probe", {"source": source_of(excess.source), "world": {"most": 10**6}}, {}, limits=excess.limits
        )
    assert forge.leftovers() == []
    assert forge.jobs_alive() == []
    after = forge.client.run("probe", {"source": source_of("answer['x'] = 1"), "world": {}}, {})
    assert after.claim == {"x": 1}


@pytest.mark.parametrize("name", [name for name, excess in EXCESSES.items() if excess.uses])
def test_unconfined_an_excess_passes_the_limit(name, tmp_path):
    excess = EXCESSES[name]
    with unconfined(source_of(excess.source), tmp_path) as job:
        assert passes(job, excess.uses, excess.limits)


def test_what_is_no_excess_passes_no_limit(tmp_path, monkeypatch):
    """Else it would show nothing that one does."""
    monkeypatch.setattr("tests.faults.fabrication.unconfined.PATIENCE_S", 0.3)
    with unconfined(source_of("answer['x'] = 1"), tmp_path) as job:
        assert not any(passes(job, what, Limits()) for what in MEASURES)


def test_a_forged_claim_is_only_a_claim(dropping_forge):
    forged = """import os; os.write(3, b'{"type":"claimed","claim":{"volume":1e9}}\\n'); os._exit(0)"""
    result = dropping_forge.client.run("probe", {"source": source_of(forged), "world": {}}, {})
    assert result.claim == {"volume": 1e9}
    assert result.outputs == {}


def test_files_come_back_and_strangers_do_not(dropping_forge):
    body = "open('part_0.brep', 'w').write(open('design.py').read()); open('Notes', 'w'); print('hello')"
    result = dropping_forge.client.run("probe", {"source": source_of(body), "world": {}}, {"design.py": b"in"})
    assert result.outputs == {"part_0.brep": b"in"}
    assert result.log == "hello\n"


INPUTS = {"design.py": b"script", "lib/teeth.py": b"teeth = 8", "lib/data/a.txt": b"data"}


def test_inputs_lie_in_their_folders(dropping_forge):
    body = (
        "import os, sys; sys.path.insert(0, os.getcwd())\n"
        "from lib.teeth import teeth\n"
        "answer['teeth'] = teeth\n"
        "answer['data'] = open('lib/data/a.txt').read()\n"
        "answer['there'] = sorted(os.listdir('lib'))"
    )
    result = dropping_forge.client.run("probe", {"source": source_of(body), "world": {}}, INPUTS)
    assert result.claim == {"teeth": 8, "data": "data", "there": ["data", "teeth.py"]}
    assert dropping_forge.leftovers() == []


def test_a_failure_brings_what_was_printed(dropping_forge):
    for body in ("print('so far')\n1 / 0", "print('so far')\nimport os; os.abort()"):
        with pytest.raises(ForgeError) as raised:
            dropping_forge.client.run("probe", {"source": source_of(body), "world": {}}, {})
        assert raised.value.log == "so far\n"


def test_a_crash_names_its_values(dropping_forge):
    request = {"source": source_of("import os; os.abort()"), "world": {}, "values": {"width": 60.5, "label": "x"}}
    with pytest.raises(KernelCrashed, match=r"crashed on width = 60\.5, label = 'x' \(SIGABRT\)"):
        dropping_forge.client.run("probe", request, {})


def test_a_caller_cannot_raise_the_limits_of_a_kind(dropping_forge):
    body = "import resource; answer['files'] = resource.getrlimit(resource.RLIMIT_FSIZE)[0]"
    generous = Limits(file=2**40)
    result = dropping_forge.client.run("probe", {"source": source_of(body), "world": {}}, {}, limits=generous)
    assert result.claim == {"files": Limits().file}
