import zipfile

import pytest

from commons.catalog.submissions import read_submission
from commons.errors import Invalid

OKH = """okhv = "2.4"
name = "Hook"
repo = "https://example.org/hook"
license = "CC0-1.0"
licensor = "Ada"
function = "Holds a coat."
"""


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "coat_Hook"
    folder.mkdir()
    (folder / "design.py").write_text("width = 1.0\n")
    (folder / "okh.toml").write_text(OKH)
    (folder / "README.md").write_text("# Hook")
    return folder


def test_a_folder_is_a_submission_named_after_it(folder):
    submission = read_submission(folder)
    assert (submission.slug, submission.manifest["name"], submission.readme) == ("coat-hook", "Hook", "# Hook")


def test_a_zip_of_a_folder_is_the_same_submission(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "coat-hook.zip", "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"coat_Hook/{path.name}")
    assert read_submission(tmp_path / "coat-hook.zip") == read_submission(folder)


def test_a_zip_without_a_manifest_needs_a_licence(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "coat-hook.zip", "w") as archive:
        archive.write(folder / "design.py", "design.py")
    with pytest.raises(Invalid, match="say under which licence"):
        read_submission(tmp_path / "coat-hook.zip")
    given = read_submission(tmp_path / "coat-hook.zip", licence="CC0-1.0", licensor="Ada")
    assert (given.manifest["license"], given.script) == ("CC0-1.0", "width = 1.0\n")


def test_a_readme_may_be_absent(folder):
    (folder / "README.md").unlink()
    assert read_submission(folder).readme == ""


@pytest.mark.parametrize(
    ("okh", "words"),
    [
        ("", "asks for okhv, name"),
        (OKH.replace('"2.4"', '"1.0"'), 'reads "2.4"'),
        (OKH.replace('"Hook"', "7"), "name must be text"),
        (OKH.replace('"Holds a coat."', '" "'), "function must be text"),
        ("name = ", "no valid TOML"),
        (OKH + "made = 2024-05-01\n", 'made is a date or time; write it as text, in quotes: "2024-05-01"'),
        (OKH + "[release]\nat = [07:32:00]\n", "release.at is a date or time"),
        (OKH + "mass = nan\n", "mass is nan"),
        (OKH + ".".join("a" * 5000) + " = 1\n", "lies more than 20 tables and lists deep"),
        (OKH + 'note = "a\\u0000b"\n', "note holds a character that is none"),
        (OKH.replace("Hook", "H" * 121, 1), "name has 121 characters; at most 120"),
        (OKH.replace("CC0-1.0", "C" * 121), "license has 121 characters"),
        (OKH.replace("Holds", "H" * 4000), "function has 4008 characters"),
        ("a = " + "[" * 5000, "no valid TOML"),
    ],
)
def test_a_wrong_manifest_is_named_with_its_file(folder, okh, words):
    (folder / "okh.toml").write_text(okh)
    with pytest.raises(Invalid, match=words) as refused:
        read_submission(folder)
    assert "okh.toml" in str(refused.value)


def test_a_missing_or_huge_or_binary_script_is_refused(folder):
    script = folder / "design.py"
    script.write_bytes(b"\xff\xfe")
    with pytest.raises(Invalid, match="not UTF-8"):
        read_submission(folder)
    script.write_bytes(b"#" * 300_000)
    with pytest.raises(Invalid, match="300,000 bytes"):
        read_submission(folder)
    script.unlink()
    with pytest.raises(Invalid, match="No such file"):
        read_submission(folder)


def test_a_lone_script_needs_a_licence_and_describes_itself(tmp_path):
    script = tmp_path / "coat_hook.py"
    script.write_text('"""Holds\na coat.\n\nMore."""\nwidth = 1.0\n')
    with pytest.raises(Invalid, match="--licence"):
        read_submission(script)
    manifest = read_submission(script, licence="CC0-1.0", licensor="Ada").manifest
    assert (manifest["name"], manifest["function"], manifest["license"]) == ("Coat hook", "Holds a coat.", "CC0-1.0")


def test_a_name_that_is_no_address_is_refused(tmp_path):
    script = tmp_path / "héron.py"
    script.write_text("")
    with pytest.raises(Invalid, match="hyphens"):
        read_submission(script, licence="CC0-1.0")


@pytest.mark.parametrize(
    ("script", "licence", "words"),
    [
        ('"""A\\0."""', "CC0-1.0", "function holds a character that is none"),
        ('"""A\\ud800."""', "CC0-1.0", "function holds a character that is none"),
        ("a = 1\0", "CC0-1.0", "NUL"),
        ("a = 1", "C" * 121, "the licence has 121 characters"),
    ],
)
def test_a_script_no_database_could_keep_is_refused_in_words(tmp_path, script, licence, words):
    (tmp_path / "hook.py").write_text(script)
    with pytest.raises(Invalid, match=words):
        read_submission(tmp_path / "hook.py", licence=licence)


def test_modules_and_data_beside_the_script_are_taken_and_the_rest_is_left(folder):
    (folder / "lib").mkdir()
    (folder / "lib" / "teeth.py").write_text("COUNT = 3\n")
    (folder / "outline.DXF").write_bytes(b"0\nEOF\n")
    for left in ("photo.jpg", "LICENSE.txt", ".hidden.py", "notes.md"):
        (folder / left).write_text("x")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "teeth.py").write_text("x")
    (folder / "stolen.txt").symlink_to("/etc/hostname")
    assert dict(read_submission(folder).files) == {"lib/teeth.py": b"COUNT = 3\n", "outline.DXF": b"0\nEOF\n"}


def test_a_folder_of_too_much_is_refused_before_it_is_read(folder):
    with (folder / "huge.stl").open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    with pytest.raises(Invalid, match="more than 16 MiB"):
        read_submission(folder)


def test_a_home_is_not_one_designs_folder(folder):
    for number in range(1001):
        (folder / f"{number}.md").touch()
    with pytest.raises(Invalid, match="is this one design's folder"):
        read_submission(folder)


def test_a_model_file_becomes_a_design_that_shows_it(tmp_path):
    model = tmp_path / "bracket.STL"
    model.write_bytes(b"solid\nendsolid\n")
    submission = read_submission(model, licence="CC0-1.0")
    assert submission.slug == "bracket"
    assert submission.files == {"bracket.stl": b"solid\nendsolid\n"}
    assert 'import_parts("bracket.stl")' in submission.script
