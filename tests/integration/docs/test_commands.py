"""The commands of the docs, as a reader would type them: each page's `sh` blocks, one after the other."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.agent.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if "```sh" in page.read_text(encoding="utf-8")]
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "trap 's=$?; jobs -p | xargs -r kill; wait; exit $s' EXIT\n"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_commands_of_a_page_work(page, tmp_path):
    script = _END + "".join(_BLOCK.findall(page.read_text(encoding="utf-8")))
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "COMMONS_HOME": str(tmp_path / "commons"),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_the_readme_names_only_commands_that_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE)) <= targets
    for program, module in (("commons", "commons.cli"), ("firmware-bridge", "firmware_bridge.cli")):
        from importlib import import_module

        known = set(import_module(module).main.commands_in)
        named = set(re.findall(rf"`(?:\.venv/bin/)?{program} ([a-z]+)", text))
        assert named, program
        assert named <= known


def test_the_readme_tells_the_two_commands_ci_uses():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "```sh\nmake run\n```" in text
    assert "```sh\nmake test\n```" in text
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().endswith("make check\nmake test")


def test_what_workshops_are_told_of_the_bridge_holds(tmp_path):
    text = (ROOT / "docs" / "workshops.md").read_text(encoding="utf-8")
    (settings,) = [block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "listen" in block]
    (tmp_path / "bridge.toml").write_text(settings, encoding="utf-8")
    assert Settings.load(tmp_path / "bridge.toml").names == ("printers.lan",)
    assert f"http://{Settings().listen}" in text
    for path in re.findall(r"`(?:sudo sh )?(scripts/[a-z.-]+)`", text):
        assert (ROOT / path).is_file(), path
    for folder in re.findall(r"`(/(?:opt|var/lib)/[a-z-]+)`", text):
        assert folder in (ROOT / "firmware_bridge/systemd/firmware-bridge.service").read_text(encoding="utf-8")
