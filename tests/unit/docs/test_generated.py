"""What the docs say of the code is compared with the code."""

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

from commons.config import Config

ROOT = Path(__file__).resolve().parents[3]


def test_the_diagrams_are_those_of_the_tables():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "diagrams.py", "--check"], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_table_of_configuration_names_every_setting():
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = text.split("## Configuration")[1].split("##")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert named == {field.name.upper() for field in dataclasses.fields(Config)}
