"""An Exim of the tests' own: installed, or unpacked from its package into the folder that PAPER_DIGEST_EXIM names."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.mail_server import PASSWORD, USER, MailServer, free_port, wait_until_open

ACCOUNT = "Debian-exim"  # Debian's Exim does not start without it
NUMBER = 990
_CONFIGURATION = """
exim_path = {home}/exim
keep_environment =
deliver_drop_privilege
primary_hostname = mx.example.org
spool_directory = {home}/spool
log_file_path = {home}/log/%slog
pid_file_path = {home}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = *
tls_certificate = {home}/server.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
acl_smtp_rcpt = recipient
host_lookup =
rfc1413_query_timeout = 0s
smtp_accept_max_per_connection = 0
smtp_accept_queue_per_connection = 0
begin acl
recipient:
  accept authenticated = *
  deny
begin routers
box:
  driver = accept
  local_parts = lsearch;{home}/users
  transport = maildir
begin transports
maildir:
  driver = appendfile
  maildir_format
  directory = {home}/mail/$local_part_data
  user = {account}
  message_prefix =
  message_suffix =
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


@dataclass(frozen=True)
class _Program:
    path: Path
    libraries: Path


@contextlib.contextmanager
def serving() -> Iterator[MailServer]:
    """Run Exim while the block runs; skips the test, saying so, where that cannot be done."""
    program = _find()
    home = Path(tempfile.mkdtemp(prefix="exim-", dir="/tmp"))
    home.chmod(0o755)
    try:
        server = _configure(program, home)
        with _running(server):
            yield server
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _find() -> _Program:
    if os.geteuid() != 0:
        pytest.skip("Exim can only be started by root")
    unpacked = Path(os.environ.get("PAPER_DIGEST_EXIM", "/nowhere"))
    installed = shutil.which("exim4")
    path = Path(installed) if installed else unpacked / "usr/sbin/exim4"
    if not path.exists():
        pytest.skip("Exim is not installed (PAPER_DIGEST_EXIM names the folder of an unpacked package)")
    return _Program(path=path, libraries=unpacked / "usr/lib/x86_64-linux-gnu")


def _configure(program: _Program, home: Path) -> MailServer:
    for name in ("spool", "log", "mail"):
        (home / name).mkdir()
        os.chown(home / name, NUMBER, NUMBER)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(home / "server.pem")
    os.chown(home / "server.pem", NUMBER, NUMBER)
    # It calls itself anew for each delivery; only a copy that is not setuid then still finds its libraries.
    shutil.copyfile(program.path, home / "exim4")
    (home / "exim4").chmod(0o755)
    (home / "exim").write_text(f'#!/bin/sh\nLD_LIBRARY_PATH={program.libraries} exec {home}/exim4 "$@"\n')
    (home / "exim").chmod(0o755)
    (home / "users").write_text("".join(f"r{number}: r{number}\n" for number in range(1000)))
    server = MailServer(port=free_port(), home=home)
    values = {"home": home, "port": server.port, "account": ACCOUNT, "user": USER, "password": PASSWORD}
    (home / "exim.conf").write_text(_CONFIGURATION.format(**values))
    return server


@contextlib.contextmanager
def _running(server: MailServer) -> Iterator[None]:
    """Run it in a mount namespace of its own, where its account exists whether or not this machine has it."""
    for name, entry in (
        ("passwd", f"{ACCOUNT}:x:{NUMBER}:{NUMBER}::/:/bin/false"),
        ("group", f"{ACCOUNT}:x:{NUMBER}:"),
    ):
        present = Path("/etc", name).read_text()
        (server.home / name).write_text(f"{present.rstrip()}\n{entry}\n")
    os.chown(server.home / "spool", _number(), -1)
    run = f"exec {server.home}/exim -C {server.home}/exim.conf -bdf"
    mounts = [f"mount --bind {server.home}/{name} /etc/{name}" for name in ("passwd", "group")]
    script = " && ".join([*(mounts if _number() == NUMBER else []), run])
    with (server.home / "output").open("wb") as output:
        process = subprocess.Popen(["unshare", "--mount", "sh", "-c", script], stdout=output, stderr=output)
    try:
        if not wait_until_open(server.port, process):
            reason = (server.home / "output").read_text(errors="replace").strip()
            pytest.skip(f"Exim does not start here: {reason[-300:]}")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _number() -> int:
    try:
        return pwd.getpwnam(ACCOUNT).pw_uid
    except KeyError:
        return NUMBER
