import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from fabrication.artefacts import ArtefactStore
from fabrication.errors import ArtefactAwaited, ArtefactDamaged, ArtefactMissing

KEY = "ab" * 32


@pytest.fixture
def store(tmp_path):
    return ArtefactStore(tmp_path / "store")


def test_what_is_put_is_got_by_its_hash(store):
    name = store.put(b"solid")
    assert name == hashlib.sha256(b"solid").hexdigest()
    assert store.get(name) == store.path(name).read_bytes() == b"solid"


def test_nothing_half_written_stays(store):
    store.put(b"one")
    store.put(b"one")
    store.link(KEY, {"a": 1})
    assert list((store.folder / "tmp").iterdir()) == []


def test_artefacts_cannot_be_written_over(store):
    assert store.path(store.put(b"solid")).stat().st_mode & 0o222 == 0


def test_a_missing_artefact_is_named(store):
    with pytest.raises(ArtefactMissing, match=KEY):
        store.get(KEY)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, "ab" * 31, KEY + "\n"])
def test_only_a_hash_becomes_a_path(store, name):
    for ask in (store.get, store.path, store.find):
        with pytest.raises(ArtefactMissing):
            ask(name)


def test_a_changed_file_is_never_given_out(store):
    path = store.path(store.put(b"solid"))
    path.chmod(0o644)
    path.write_bytes(b"liquid")
    with pytest.raises(ArtefactDamaged):
        store.get(path.name)


def test_the_first_manifest_of_a_recipe_stays(store):
    assert store.find(KEY) is None
    assert store.link(KEY, {"program": "first"}) == {"program": "first"}
    assert store.link(KEY, {"program": "second"}) == {"program": "first"}
    assert store.find(KEY) == {"program": "first"}


def test_who_has_no_patience_does_not_wait_for_others(store):
    with store.making(KEY), pytest.raises(ArtefactAwaited), store.making(KEY, patience_s=0.05):
        pytest.fail("two make the same")
    assert store.once(KEY, lambda: {"a": 1}, patience_s=0) == {"a": 1}
    assert list((store.folder / "making").iterdir()) == []


def test_many_askers_share_one_making(store):
    made = []

    def ask(number):
        with store.making(KEY):
            if store.find(KEY) is None:
                made.append(number)
                store.link(KEY, {"by": number})
        return store.find(KEY)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(64)))
    assert len(made) == 1
    assert answers == [{"by": made[0]}] * 64
    assert list((store.folder / "making").iterdir()) == []


def test_a_maker_that_dies_leaves_the_recipe_to_the_next(store):
    script = (
        "import sys, pathlib, os\nfrom fabrication.artefacts import ArtefactStore\n"
        "with ArtefactStore(pathlib.Path(sys.argv[1])).making(sys.argv[2]):\n"
        "    print('held', flush=True)\n    sys.stdin.read()\n    os._exit(9)\n"
    )
    command = [sys.executable, "-c", script, str(store.folder), KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=os.curdir) as maker:
        assert maker.stdout.readline() == b"held\n"
        entered = Event()

        def ask():
            with store.making(KEY):
                entered.set()

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(ask)
            assert not entered.wait(0.1)
            maker.stdin.close()
            waiting.result(timeout=10)
    assert maker.returncode == 9
