"""Settings come from digest.toml, secret files and the environment, and a wrong one is named with what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.cli.configuration import load
from digest.errors import ConfigurationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    return tmp_path


def written(folder: Path, text: str) -> Path:
    file = folder / "digest.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_without_a_file_the_built_in_settings_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    configuration = load(None, {})
    assert configuration.file is None
    assert configuration.settings.smtp.port == 25
    assert configuration.settings.store.url == f"sqlite:///{folder}/digest.db"


def test_the_file_in_the_current_folder_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(folder, "[smtp]\nport = 2525\n")
    monkeypatch.chdir(folder)
    assert load(None, {}).settings.smtp.port == 2525


def test_a_secret_file_overrides_digest_toml_and_the_environment_overrides_both(folder: Path) -> None:
    file = written(folder, '[smtp]\nuser = "file"\npassword = "file"\nhost = "file"\n')
    for name in ("DIGEST_SMTP__USER", "digest_smtp__password"):
        (folder / "secrets" / name).write_text("secret\n", encoding="utf-8")
    environment = {"DIGEST_SECRETS": str(folder / "secrets"), "DIGEST_SMTP__USER": "environment"}
    smtp = load(file, environment).settings.smtp
    assert (smtp.host, smtp.password.get_secret_value(), smtp.user) == ("file", "secret", "environment")


def test_secret_files_are_found_where_systemd_puts_credentials(folder: Path) -> None:
    (folder / "secrets" / "digest_smtp__password").write_text("secret", encoding="utf-8")
    smtp = load(written(folder, ""), {"CREDENTIALS_DIRECTORY": str(folder / "secrets")}).settings.smtp
    assert smtp.password.get_secret_value() == "secret"


def test_paths_are_relative_to_the_folder_of_the_file_wherever_they_are_set(folder: Path) -> None:
    file = written(
        folder,
        '[store]\nurl = "sqlite:///data/d.db"\n[[sources]]\nname = "a"\npath = "listings/"\n'
        '[[sources]]\nname = "b"\nurl = "https://example.org/feed"\n',
    )
    settings = load(file, {"DIGEST_SUBSCRIBERS__FOLDER": "people", "DIGEST_SMTP__CA_FILE": "/etc/ca.pem"}).settings
    assert settings.store.url == f"sqlite:///{folder}/data/d.db"
    assert settings.sources[0].path == str(folder / "listings")
    assert settings.sources[1].path == ""
    assert settings.subscribers.folder == str(folder / "people")
    assert settings.smtp.ca_file == "/etc/ca.pem"


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite://", "postgresql+psycopg://user@host/name"])
def test_a_database_that_is_no_file_keeps_its_address(folder: Path, url: str) -> None:
    assert load(written(folder, f'[store]\nurl = "{url}"\n'), {}).settings.store.url == url


def test_sources_can_be_given_as_json_in_the_environment(folder: Path) -> None:
    settings = load(written(folder, ""), {"DIGEST_SOURCES": '[{"name": "hf", "preset": "huggingface:daily"}]'}).settings
    assert settings.sources[0].preset == "huggingface:daily"


FAULTS = [
    ("a text for a number", '\n[smtp]\nport = "abc"\n', {}, ["smtp.port", "digest.toml, line 3", "'abc'", "integer"]),
    ("a word outside the list", '[smtp]\ntls = "yes"\n', {}, ["smtp.tls", "line 2", "'yes'", "'starttls', 'tls'"]),
    ("a misspelt key", '[smtp]\npasword = "p"\n', {}, ["smtp.pasword", "line 2", "did you mean 'password'?"]),
    ("a misspelt section", "[store]\n[smpt]\n", {}, ["smpt", "line 2", "did you mean 'smtp'?"]),
    ("a key of a source", '[[sources]]\nname = "a"\nurll = "x"\n', {}, ["sources[0].urll", "line 3", "'url'"]),
    ("a missing key", '[[sources]]\nurl = "x"\n', {}, ["sources[0].name", "is missing"]),
    ("a fault of syntax", "[smtp]\nport = = 3\n", {}, ["digest.toml, line 2"]),
    ("a variable's value", "", {"DIGEST_SMTP__PORT": "0"}, ["smtp.port", "DIGEST_SMTP__PORT", "'0'", "greater than"]),
    ("a variable's key", "", {"DIGEST_SMTP__PROT": "1"}, ["DIGEST_SMTP__PROT", "did you mean 'port'?"]),
    ("a variable's section", "", {"DIGEST_SMPT__PORT": "1"}, ["DIGEST_SMPT__PORT", "did you mean 'smtp'?"]),
    ("a variable that should be JSON", "", {"DIGEST_SOURCES": "[{"}, ["the environment", "sources", "JSON"]),
    ("no folder of secrets", "", {"DIGEST_SECRETS": "/nowhere"}, ["DIGEST_SECRETS", "/nowhere", "folder"]),
    ("several at once", '[smtp]\nport = 0\ntls = "no"\n', {}, ["smtp.port", "smtp.tls"]),
]


@pytest.mark.parametrize(
    ("text", "environment", "parts"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_a_wrong_setting_is_named_with_what_was_found_and_what_is_expected(
    folder: Path, text: str, environment: dict[str, str], parts: list[str]
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(folder, text), environment)
    assert [part for part in parts if part not in str(caught.value)] == []


def test_a_wrong_password_is_not_shown(folder: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(written(folder, "[smtp]\npassword = 12345678\n"), {})
    assert "smtp.password" in str(caught.value)
    assert "12345678" not in str(caught.value)


def test_a_file_that_is_asked_for_and_missing_is_a_fault(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="no such file"):
        load(folder / "none.toml", {})


def test_a_file_that_is_not_utf_8_is_a_fault(folder: Path) -> None:
    (folder / "digest.toml").write_bytes(b'[sender]\nname = "Caf\xe9"\n')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load(folder / "digest.toml", {})
