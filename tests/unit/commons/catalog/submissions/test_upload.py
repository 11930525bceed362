import io
import zipfile

import pytest

from commons.catalog.submissions import submission_of_upload
from commons.errors import Invalid

SCRIPT = b'"""Holds a coat.\n\nOn a wall.\n"""\nwidth = 1.0\n'
OKH = b'okhv = "2.4"\nname = "Other"\nrepo = ""\nlicense = "MIT"\nlicensor = "Bob"\nfunction = "Hangs."\n'


def uploaded(name, data, **changes):
    asked = {"title": "Coat hook", "licence": "CC0-1.0", "licensor": "Ada"} | changes
    return submission_of_upload(name, data, **asked)


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_script_is_described_by_its_docstring():
    submission = uploaded("C:\\designs\\hook.py", SCRIPT)
    assert (submission.slug, submission.files) == ("coat-hook", {})
    assert submission.manifest["function"] == "Holds a coat."
    assert (submission.manifest["license"], submission.manifest["licensor"]) == ("CC0-1.0", "Ada")


@pytest.mark.parametrize("around", ["", "hook-main/"])
def test_a_zip_is_a_folder_with_or_without_one_around_it(around):
    files = {"design.py": SCRIPT, "lib/teeth.py": b"N = 1\n", "README.md": b"# Hook", "okh.toml": OKH, "a.jpg": b"x"}
    submission = uploaded("hook.zip", zipped({around + name: data for name, data in files.items()}))
    assert submission.files == {"lib/teeth.py": b"N = 1\n"}
    assert submission.readme == "# Hook"
    assert submission.manifest["name"] == "Coat hook", "what the form says counts"
    assert submission.manifest["function"] == "Hangs."


def test_a_zip_keeps_what_its_manifest_says_of_others():
    okh = OKH.replace(b'repo = ""', b'repo = "https://example.org/hook"') + b'version = "3"\n'
    manifest = uploaded("hook.zip", zipped({"design.py": SCRIPT, "okh.toml": okh})).manifest
    assert manifest["licensor"] == ["Bob", "Ada"]
    assert (manifest["repo"], manifest["version"]) == ("https://example.org/hook", "3")


@pytest.mark.parametrize(
    ("name", "kept"), [("Cat.STL", "Cat.stl"), ("../part 1.obj", "model.obj"), ("export.3mf", "export.3mf")]
)
def test_a_model_keeps_a_name_that_we_take(name, kept):
    assert set(uploaded(name, b"anything").files) == {kept}


def test_a_model_is_kept_under_a_name_of_ours_and_not_looked_into():
    submission = uploaded("../../Ünï.STEP", b"anything", title='A "fine" \\ model')
    assert submission.files == {"model.step": b"anything"}
    compile(submission.script, "design.py", "exec")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("hook.py", b"", "the file is empty"),
        ("hook.py", b"\xff\xfe", "not UTF-8"),
        ("hook.py", b"\na = (", "hook.py: no valid Python, line 2: '.' was never closed"),
        ("hook.py", b"\na = " + b"1" * 5000, "no valid Python, line 2: a whole number has more digits than"),
        ("hook.py", b"#" * 300_000, "at most 262,144"),
        ("hook.exe", b"MZ", r"none of the files a design is made of \(\.py"),
        ("hook", b"x", "none of the files"),
        ("hook.zip", b"PK", "cannot be read"),
        ("hook.zip", zipped({"readme.md": b"x"}), "no design.py"),
        ("hook.zip", zipped({"a/b/design.py": b""}), "no design.py"),
        ("hook.zip", zipped({"design.py": b"\xff"}), "not UTF-8"),
        ("hook.zip", zipped({f"{n}.csv": b"" for n in range(501)} | {"design.py": b""}), "501|502"),
        ("hook.zip", zipped({f"{n}.csv": b"" for n in range(80)} | {"design.py": b""}), "at most 64"),
        ("hook.zip", zipped({"design.py": b"", "big.stl": bytes(17 << 20)}), "more than 16 MiB"),
        ("hook.zip", zipped({"design.py": b"", "okh.toml": b"okhv = 1"}), "okh.toml"),
        ("hook.zip", zipped({"design.py": b"", "part_0.brep": b""}), "the forge itself uses"),
    ],
)
def test_what_is_no_design_is_refused_by_name(name, data, words):
    with pytest.raises(Invalid, match=words) as refused:
        uploaded(name, data)
    assert "Traceback" not in str(refused.value)


def test_a_zip_that_lies_about_a_size_is_refused():
    data = bytearray(zipped({"design.py": b"x" * 5000}))
    for at in (data.find(b"PK\x03\x04") + 22, data.find(b"PK\x01\x02") + 24):
        data[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(Invalid, match=r"hook\.zip"):
        uploaded("hook.zip", bytes(data))


@pytest.mark.parametrize("title", ["", " ", "x" * 121])
def test_a_title_is_needed_and_short(title):
    with pytest.raises(Invalid, match="the name has"):
        uploaded("hook.py", SCRIPT, title=title)


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_is_stored_or_deflated(compression):
    with pytest.raises(Invalid, match=r"hook\.zip: design\.py is packed in a way"):
        uploaded("hook.zip", zipped({"design.py": SCRIPT}, compression))


def test_an_entry_without_a_name_is_no_file():
    data = zipped({"design.py": SCRIPT, "a.csv": b"1"}).replace(b"a.csv", b"\0.csv")
    assert uploaded("hook.zip", data).files == {}


def test_a_directory_of_too_many_files_is_refused_before_it_is_read():
    entry = zipped({"a": b""}).partition(b"PK\1\2")[2]
    with pytest.raises(Invalid, match="5001 files; at most 500"):
        uploaded("hook.zip", zipped({"design.py": SCRIPT})[:-4] + (b"PK\1\2" + entry) * 5000)
