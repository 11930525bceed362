"""The committed bundles are what their manifest says, and every licence is with them."""

import hashlib
import json
import re
from pathlib import Path

import pytest

COMMONS = Path(__file__).parents[3] / "commons"
VENDOR = COMMONS / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "VENDORED.json").read_text())


def test_the_manifest_names_every_file_and_no_other():
    assert {path.name for path in VENDOR.iterdir()} == {"VENDORED.json", *MANIFEST["sha256"]}


@pytest.mark.parametrize("name", sorted(MANIFEST["sha256"]))
def test_each_file_has_its_hash(name):
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == MANIFEST["sha256"][name]


def test_each_package_is_locked_at_its_version_with_a_licence():
    wanted = json.loads((COMMONS / "frontend" / "package.json").read_text())["devDependencies"]
    assert MANIFEST["esbuild"] == wanted.pop("esbuild")
    assert {name: about["version"] for name, about in MANIFEST["packages"].items()} == wanted
    for about in MANIFEST["packages"].values():
        assert about["licence"] in {"MIT", "0BSD"}
        assert about["licence_file"] in MANIFEST["sha256"]


def test_our_own_scripts_load_nothing_from_elsewhere():
    for script in (COMMONS / "static" / "js").glob("*.js"):
        assert not re.findall(r"https?://", script.read_text()), script.name


def test_no_template_has_inline_code_or_styles():
    for template in (COMMONS / "templates").rglob("*.html"):
        text = template.read_text()
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=", text), template.name
