"""What lies in cron/ is ready to copy: each file is valid for its reader and calls commands that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from digest.cli import COMMANDS
from digest.cli.configuration import load
from digest.profile_files import read_subscription

CRON = Path(__file__).parents[2] / "cron"
CALL = re.compile(r"(?:\.venv/bin/digest|(?<![\w/-])digest)((?: --?[\w-]+| /\S+\.toml)*) ([a-z]+)(?: ([a-z]+))?")


def documents() -> dict[str, Any]:
    return {document["kind"]: document for document in yaml.safe_load_all((CRON / "kubernetes.yaml").read_text())}


@pytest.mark.parametrize(
    ("name", "commands"),
    [("crontab", ["run"]), ("paper-digest.service", ["run"]), ("kubernetes.yaml", ["store", "run"])],
)
def test_every_command_that_a_file_calls_exists(name: str, commands: list[str]) -> None:
    lines = [line for line in (CRON / name).read_text().splitlines() if not line.lstrip().startswith("#")]
    text = re.sub(r'", "', " ", "\n".join(line for line in lines if "digest" in line and "name:" not in line))
    called = [found[2] for found in CALL.finditer(text)]
    assert called == commands
    assert set(called) <= set(COMMANDS)


def test_the_crontab_has_one_line_with_five_fields_and_a_command() -> None:
    lines = [
        line for line in (CRON / "crontab").read_text().splitlines() if line and not line.startswith(("#", "MAILTO"))
    ]
    assert len(lines) == 1
    fields = lines[0].split(None, 5)
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in fields[:5])
    assert "%" not in fields[5]  # cron reads it as the end of the line
    subprocess.run(["sh", "-n", "-c", fields[5]], check=True)


def test_systemd_finds_no_fault_in_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    for name in ("paper-digest.service", "paper-digest.timer"):
        text = (CRON / name).read_text().replace("/srv/paper-digest/.venv/bin/digest", sys.executable)
        (tmp_path / name).write_text(text)
    units = [str(tmp_path / name) for name in ("paper-digest.service", "paper-digest.timer")]
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True)
    mine = [line for line in found.stderr.splitlines() if "paper-digest" in line]
    assert (found.returncode, mine) == (0, [])


def test_the_timer_starts_the_service_of_its_name_and_catches_up_after_downtime() -> None:
    assert (CRON / "paper-digest.service").exists()
    assert "Persistent=true" in (CRON / "paper-digest.timer").read_text()


def test_the_cronjob_mounts_the_other_documents() -> None:
    found = documents()
    assert set(found) == {"ConfigMap", "Secret", "Job", "CronJob"}
    pod = found["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert {volume["name"] for volume in found["Job"]["spec"]["template"]["spec"]["volumes"]} == {"settings", "secrets"}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    items = volumes["settings"]["configMap"]["items"]
    assert {item["key"] for item in items} == set(found["ConfigMap"]["data"])
    assert volumes["secrets"]["secret"]["secretName"] == found["Secret"]["metadata"]["name"]
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)


def test_the_settings_secrets_and_profiles_of_the_cronjob_can_be_read(tmp_path: Path) -> None:
    found = documents()
    (tmp_path / "digest.toml").write_text(found["ConfigMap"]["data"]["digest.toml"])
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, value in found["Secret"]["stringData"].items():
        (secrets / name).write_text(value)
    settings = load(tmp_path / "digest.toml", {"DIGEST_SECRETS": str(secrets)}).settings
    assert settings.smtp.password.get_secret_value() == "replace me"
    assert settings.store.url.startswith("postgresql+psycopg://")
    assert read_subscription(found["ConfigMap"]["data"]["ada.toml"].encode(), "ada.toml").address == "ada@example.com"


def test_the_cronjob_reads_the_mailbox_of_unsubscribe_requests(tmp_path: Path) -> None:
    found = documents()
    (tmp_path / "digest.toml").write_text(found["ConfigMap"]["data"]["digest.toml"])
    assert load(tmp_path / "digest.toml", {}).settings.bounces.imap_host
    assert "digest_bounces__imap_password" in found["Secret"]["stringData"]


@pytest.mark.parametrize("name", ["crontab", "paper-digest.service", "kubernetes.yaml"])
def test_every_file_says_that_a_run_reads_the_mailbox_and_never_creates_the_store(name: str) -> None:
    text = " ".join((CRON / name).read_text().split())
    assert "unsubscribe by e-mail" in text
    assert "digest init" in text or "store create" in text or '"store", "create"' in text


@pytest.mark.parametrize("file", sorted((CRON.parent / "subscribers").glob("*.toml")), ids=lambda file: file.name)
def test_the_sample_profiles_are_faultless_and_address_nobody(file: Path) -> None:
    assert read_subscription(file.read_bytes(), file.name).address.endswith("@example.com")
