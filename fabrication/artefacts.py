"""The content-addressed store: immutable files named by their sha256, and manifests named by their recipe.

```
<folder>/objects/ab/abcd…        bytes, named by their sha256
<folder>/recipes/12/1234….json   a manifest: what a recipe made (names of objects and what is known of them)
<folder>/making/1234…            locked while somebody makes that recipe
<folder>/tmp/                    half-written files; nothing in it is ever read
```
"""

import fcntl
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from fabrication.errors import ArtefactAwaited, ArtefactDamaged, ArtefactMissing, ArtefactsUnwritable

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]
_KEY = re.compile(r"[0-9a-f]{64}")
_LOOK_S = 0.02


class ArtefactStore:
    """A local folder. Any number of threads and processes may use the same one at once."""

    def __init__(self, folder: Path) -> None:
        """Raises `ArtefactsUnwritable` where the folder is not there and cannot be made."""
        self.folder = folder
        try:
            for name in ("objects", "recipes", "making", "tmp"):
                (folder / name).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ArtefactsUnwritable(f"artefacts cannot be kept in {folder}: {error.strerror}") from None

    def put(self, data: bytes) -> str:
        """Keep `data`; return its sha256 in hexadecimal. On disk (fsynced) when this returns."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._write_once(self.path(sha256), data)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The bytes of that name. Raises `ArtefactMissing`, or `ArtefactDamaged` when the disk changed them."""
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise ArtefactMissing(f"no artefact {sha256} in {self.folder}") from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ArtefactDamaged(f"artefact {sha256} in {self.folder} is not what was stored")
        return data

    def path(self, sha256: str) -> Path:
        """Where the bytes of that name are, or would be: for sending a file without reading it."""
        return self._place("objects", sha256, "")

    def link(self, recipe_key: str, manifest: Mapping[str, JSON]) -> dict[str, JSON]:
        """Say what a recipe made. The first to say it is right for ever; return what was said first."""
        text = json.dumps(manifest, sort_keys=True, allow_nan=False).encode()
        self._write_once(self._place("recipes", recipe_key, ".json"), text)
        found = self.find(recipe_key)
        assert found is not None  # noqa: S101 (written or found a moment ago, and never removed)
        return found

    def find(self, recipe_key: str) -> dict[str, JSON] | None:
        """What a recipe made, or None when it was not made yet."""
        try:
            text = self._place("recipes", recipe_key, ".json").read_bytes()
        except FileNotFoundError:
            return None
        manifest: dict[str, JSON] = json.loads(text)
        return manifest

    def once(
        self, recipe_key: str, make: Callable[[], Mapping[str, JSON]], *, patience_s: float | None = None
    ) -> dict[str, JSON]:
        """What the recipe made; made now if it never was, by one asker while the others wait for it.

        A failure is not kept: the next to ask tries again. Raises as `making` does.
        """
        found = self.find(recipe_key)
        if found is not None:
            return found
        with self.making(recipe_key, patience_s=patience_s):
            found = self.find(recipe_key)
            return found if found is not None else self.link(recipe_key, make())

    @contextmanager
    def making(self, recipe_key: str, *, patience_s: float | None = None) -> Iterator[None]:
        """Hold the making of a recipe: one thread of one process at a time; look with `find` once inside.

        The lock belongs to an open file, so it is gone with the process that held it, however that ended.
        Raises `ArtefactAwaited` where others have held it for `patience_s` seconds; None waits for ever.
        """
        path = self.folder / "making" / _checked(recipe_key)
        until = None if patience_s is None else time.monotonic() + patience_s
        while True:
            with path.open("ab") as lock:
                _lock(lock.fileno(), until)
                if not _is_still(path, lock.fileno()):
                    continue  # the one before us removed the file we waited for
                try:
                    yield
                finally:
                    path.unlink()
                return

    def _place(self, kind: str, key: str, suffix: str) -> Path:
        return self.folder / kind / _checked(key)[:2] / f"{key}{suffix}"

    def _write_once(self, path: Path, data: bytes) -> None:
        """Whole or not at all, and never over what is there already."""
        if path.exists():
            return
        path.parent.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=self.folder / "tmp") as temporary:
            temporary.write(data)
            temporary.flush()
            os.fchmod(temporary.fileno(), 0o444)
            os.fsync(temporary.fileno())
            with suppress(FileExistsError):  # somebody else was first, with the same name
                os.link(temporary.name, path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _checked(key: str) -> str:
    """Keys become file names, so nothing but a sha256 passes."""
    if not _KEY.fullmatch(key):
        raise ArtefactMissing(f"{key[:80]!r} is no sha256")
    return key


def _lock(descriptor: int, until: float | None) -> None:
    """The kernel has no wait for a lock that ends by itself, so one that must is a look every few milliseconds."""
    if until is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise ArtefactAwaited("others have been making the same for too long to wait for it") from None
            time.sleep(_LOOK_S)
        else:
            return


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
