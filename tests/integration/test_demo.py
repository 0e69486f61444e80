"""The demo does the whole job from a fresh install, also from a wheel that was installed elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.inbox import read_inbox

ROOT = Path(__file__).parents[2]


def test_the_demo_sends_an_issue_to_each_sample_subscriber_and_says_why(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["demo", "--out", str(tmp_path / "out"), "--json"])
    assert result.exit_code == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["papers"], report["sent"]) == (45, 3)
    assert sorted(mail.recipients[0] for mail in read_inbox(tmp_path / "out")) == [
        "ada@example.com",
        "grace@example.com",
        "kofi@example.com",
    ]
    for one in report["subscribers"]:
        assert Path(one["file"]).read_bytes().startswith(b"From: ") or b"\r\nFrom: " in Path(one["file"]).read_bytes()
        assert one["picks"]
        assert all(pick["reasons"] for pick in one["picks"])


def test_the_demo_tells_people_where_the_mails_are_and_may_be_repeated(tmp_path: Path) -> None:
    for sent in (3, 6):
        text = CliRunner().invoke(main, ["demo", "--out", str(tmp_path)]).stdout
        assert f"The e-mails are in {tmp_path}" in text
        assert "Ada <ada@example.com>: hyperparameter optimization" in text
        assert len(list(tmp_path.glob("*.eml"))) == sent


def test_the_demo_issues_keep_every_rule_for_mails(tmp_path: Path, captures: Path) -> None:
    rules = captures / "tools" / "check_email.py"
    if not rules.is_file():
        pytest.skip(f"no real captures: {rules} is missing")
    CliRunner().invoke(main, ["demo", "--out", str(tmp_path)])
    mails = sorted(map(str, tmp_path.glob("*.eml")))
    found = subprocess.run([sys.executable, str(rules), *mails], capture_output=True, text=True)
    assert (found.returncode, found.stdout.count("rules kept")) == (0, 1), found.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this folder."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_one_package_with_its_templates_and_the_sample_listing(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        assert "digest = digest.cli:main" in archive.read(entry_points).decode()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"digest", "paper_digest"}
    shipped = {"digest/templates/mail/issue.mjml", "digest/demo/listing.txt", "digest/demo/subscribers/ada.toml"}
    assert shipped <= set(names)
    assert [name for name in names if name.endswith((".db", ".pyc"))] == []
    parts = {part for name in names for part in name.split("/")}
    assert [part for part in parts if part == "tests" or part.startswith(("test_", "conftest"))] == []


def test_the_wheel_installed_elsewhere_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    environment["PYTHONPATH"] = str(target)

    def installed(*words: str) -> str:
        command = [sys.executable, "-m", "digest", *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True).stdout

    found = subprocess.run(
        [sys.executable, "-c", "import digest; print(digest.__file__)"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert found.startswith(str(target))
    report = json.loads(installed("demo", "--out", "mails", "--json"))
    assert len(list((tmp_path / "mails").glob("*.eml"))) == report["sent"] == 3
    started = time.perf_counter()
    assert "Commands:" in installed("--help")
    print(f"digest --help: {time.perf_counter() - started:.3f} s")
