import pytest

from fabrication.geometry.jobs.author.script import run_script


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs a script as the confined child does, in a folder with these files: text by relative name."""
    monkeypatch.chdir(tmp_path)

    def _run(script, files=(), **values):
        for name, text in dict(files).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return run_script(script, values, tmp_path)

    return _run
