"""Processes of a commons: what they are told, and how they end."""

import os
import signal
from pathlib import Path

import pytest

from commons.config import Config, settings_in
from commons.errors import Unavailable
from commons.stack.processes import Processes, answering
from commons.stack.serving import bare_environment

SECRETS = {"DATABASE_URL": "postgresql://u:hush@host/db", "SECRET_KEY": "hush", "AWS_SECRET_ACCESS_KEY": "hush"}


def test_no_process_is_told_a_secret_it_has_no_use_for(monkeypatch, tmp_path):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    with Processes(tmp_path / "logs", bare_environment()) as processes:
        socket = tmp_path / "forge.sock"
        processes.start("forge", "fabrication.geometry.forge", "--socket", socket, ready=lambda: answering(socket))
        environment = Path(f"/proc/{processes.running['forge'].pid}/environ").read_bytes()
    assert b"hush" not in environment
    assert b"COMMONS" not in environment


def test_what_configures_a_commons_is_passed_to_it_and_nothing_else(monkeypatch, tmp_path):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SECURE_COOKIES", "1")
    monkeypatch.setenv("PROXIES", "2")
    settings = settings_in(os.environ)
    assert "AWS_SECRET_ACCESS_KEY" not in settings
    config = Config.from_environment({**settings, "COMMONS_HOME": str(tmp_path)})
    assert (config.secret_key, config.secure_cookies, config.proxies) == ("hush", True, 2)


def test_a_secret_is_made_once_and_is_its_owners(tmp_path):
    home = tmp_path / "home"
    first, second = (Config.from_environment({"COMMONS_HOME": str(home)}).secret_key for _ in range(2))
    assert first == second
    assert len(first) > 30
    assert (home / "secret_key").stat().st_mode & 0o777 == 0o600
    assert home.stat().st_mode & 0o777 == 0o700


def test_a_process_that_ends_at_once_is_an_error_with_its_words(tmp_path):
    with Processes(tmp_path / "logs", bare_environment()) as processes:
        with pytest.raises(Unavailable, match="No module named nothing_of_the_kind"):
            processes.start("odd", "nothing_of_the_kind", ready=lambda: False)
        assert processes.ended() == ["odd"]
        assert processes.how_it_ended("odd").startswith("with exit code 1 (")
        assert "No module named nothing_of_the_kind" in processes.how_it_ended("odd")


def test_all_end_with_their_context_the_deaf_ones_too(tmp_path):
    marker = tmp_path / "ready"
    script = f"import signal,pathlib,time; signal.signal({signal.SIGTERM:d}, signal.SIG_IGN); " \
             f"pathlib.Path({str(marker)!r}).touch(); time.sleep(600)"  # fmt: skip
    (tmp_path / "deaf_process.py").write_text(script)
    with Processes(tmp_path / "logs", bare_environment() | {"PYTHONPATH": str(tmp_path)}) as processes:
        processes.stop_s = 0.2
        processes.start("deaf", "deaf_process", ready=marker.exists)
        pid = processes.running["deaf"].pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
