"""Scripts that take too much, crash or lie: each gets its one plain sentence, and the next job works."""

import dataclasses

import pytest

from fabrication.errors import ForgeError, JobKilled, KernelCrashed, ScriptFailed
from fabrication.geometry.client import Limits

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Excess:
    source: str
    error: type[ForgeError]
    says: str
    limits: Limits = dataclasses.field(default_factory=Limits)


QUICK = Limits(cpu_s=1, wall_s=10)

EXCESSES = {
    "loop": Excess("while True: pass", JobKilled, "stopped after 1 s of computing", QUICK),
    "loop ignoring SIGXCPU": Excess(
        "import signal; signal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass",
        JobKilled,
        "stopped after 1 s of computing",
        QUICK,
    ),
    "sleep ignoring signals": Excess(
        "import signal, time\n"
        "for n in set(signal.valid_signals()) - {9, 19}: signal.signal(n, signal.SIG_IGN)\n"
        "time.sleep(60)",
        JobKilled,
        "ran longer than 0.5 s",
        Limits(wall_s=0.5),
    ),
    "stopping itself": Excess(
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)", JobKilled, "ran longer", Limits(wall_s=0.5)
    ),
    "bytearray bomb": Excess(
        "a = []\nwhile True: a.append(bytearray(10**7))",
        JobKilled,
        "more than 100 MiB of mem",
        Limits(memory=100 * MIB),
    ),
    "mapping bomb": Excess(
        "import mmap; mmap.mmap(-1, 200 * 2**20)", JobKilled, "more than 100 MiB of memory", Limits(memory=100 * MIB)
    ),
    "huge number": Excess("10 ** 10 ** 9", JobKilled, "stopped", QUICK),
    "regex": Excess("import re; re.match('(a+)+$', 'a' * 40 + 'b')", JobKilled, "1 s of computing", QUICK),
    "native loop": Excess(
        "import cadquery as cq\ncq.Solid.makeTorus(10, 3).tessellate(1e-7)",
        JobKilled,
        "stopped",
        QUICK,
    ),
    "fork bomb": Excess("import os\nwhile True: os.fork()", ScriptFailed, "Operation not permitted"),
    "thread bomb": Excess(
        "import threading\nwhile True: threading.Thread(target=threading.Event().wait, daemon=True).start()",
        ScriptFailed,
        "can't start new thread",
        Limits(memory=300 * MIB),
    ),
    "descriptors": Excess("f = []\nwhile True: f.append(open('/dev/null'))", ScriptFailed, "Too many open files"),
    "many files": Excess("for n in range(10**6): open(f'f{n}', 'w').close()", JobKilled, "wrote more than 64 files"),
    "big file": Excess(
        "open('big', 'wb').write(bytes(2 * 2**20))", JobKilled, "a file of more than 1 MiB", Limits(file=MIB)
    ),
    "sparse file": Excess("open('big', 'wb').truncate(10 * 2**30)", JobKilled, "a file of more than 64 MiB"),
    "full folder": Excess(
        "import time\nfor n in range(9): open(f'f{n}', 'wb').write(bytes(2**20))\ntime.sleep(9)",
        JobKilled,
        "wrote more than 5 MiB",
        Limits(folder=5 * MIB),
    ),
    "full folder at the end": Excess(
        "for n in range(9): open(f'f{n}', 'wb').write(bytes(2**20))",
        JobKilled,
        "wrote more than 5 MiB",
        Limits(folder=5 * MIB),
    ),
    "stdout flood": Excess("while True: print('x' * 999)", JobKilled, "printed more than 64 KiB"),
    "stderr flood": Excess("import os\nwhile True: os.write(2, bytes(999))", JobKilled, "printed more than 64 KiB"),
    "result flood": Excess("answer['x'] = 'x' * 10**6", JobKilled, "result of more than 256 KiB"),
    "raw result flood": Excess("import os\nwhile True: os.write(3, bytes(999))", JobKilled, "a result of more than"),
    "recursion": Excess("f = lambda: f()\nf()", ScriptFailed, "recursion"),
    "C stack": Excess(
        "import sys; sys.setrecursionlimit(10**9)\nclass A:\n def __getattr__(s, n): return getattr(s, n + '')\nA().x",
        KernelCrashed,
        "SIGSEGV",
    ),
    "null pointer": Excess("import ctypes; ctypes.string_at(0)", KernelCrashed, "SIGSEGV"),
    "abort": Excess("import os; os.abort()", KernelCrashed, "SIGABRT"),
    "nested parser bomb": Excess("compile('(' * 10**5, 'x', 'eval')", ScriptFailed, "parenthes"),
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
        forge.client.run("probe", {"source": source_of(excess.source), "world": {}}, {}, limits=excess.limits)
    assert forge.leftovers() == []
    assert forge.jobs_alive() == []
    after = forge.client.run("probe", {"source": source_of("answer['x'] = 1"), "world": {}}, {})
    assert after.claim == {"x": 1}


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
