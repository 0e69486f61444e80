"""A Postfix of the tests' own: its configuration, queue and port; delivers what it takes to Maildirs."""

from __future__ import annotations

import base64
import contextlib
import os
import pwd
import shutil
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.mail_server import PASSWORD, USER, MailServer, free_port, wait_until_open

DAEMONS = Path("/usr/lib/postfix/sbin")
_MAIN = """
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {home}/log
maillog_file_prefixes = {home}
myhostname = mx.example.org
mydestination =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = example.com
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = texthash:{home}/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
virtual_transport = {transport}
default_destination_concurrency_limit = 4
smtpd_tls_security_level = may
smtpd_tls_cert_file = {home}/server.pem
smtpd_tls_key_file = {home}/server.pem
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth_port}
smtpd_tls_auth_only = yes
smtpd_relay_restrictions = {restrictions}
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@contextlib.contextmanager
def serving(*, transport: str = "virtual", login: bool = True) -> Iterator[MailServer]:
    """Run Postfix while the block runs; skips the test, saying so, where that cannot be done."""
    if not shutil.which("postfix") or not DAEMONS.is_dir():
        pytest.skip("Postfix is not installed")
    if os.geteuid() != 0:
        pytest.skip("Postfix can only be started by root")
    home = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
    home.chmod(0o755)
    try:
        with _auth_server() as auth_port:
            postfix = _configure(home, auth_port, transport, login)
            with _running(postfix):
                yield postfix
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _configure(home: Path, auth_port: int, transport: str, login: bool) -> MailServer:
    owner, port = pwd.getpwnam("postfix"), free_port()
    conf = home / "conf"
    for folder in (conf, home / "queue", home / "data", home / "mail"):
        folder.mkdir()
    for folder in (home / "data", home / "mail"):
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(home / "ca.pem")
    authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(home / "server.pem")
    names = [name for number in range(10_001) for name in (f"r{number}", f"{number}r")]  # the latter by smtp-source -N
    (home / "mailboxes").write_text("".join(f"{name}@example.com {name}/\n" for name in names))
    restrictions = "permit_sasl_authenticated, reject" if login else "permit_mynetworks, reject"
    values = {"home": home, "daemons": DAEMONS, "uid": owner.pw_uid, "gid": owner.pw_gid, "auth_port": auth_port}
    (conf / "main.cf").write_text(_MAIN.format(**values, transport=transport, restrictions=restrictions))
    (conf / "master.cf").write_text(_MASTER.format(port=port))
    return MailServer(port=port, home=home)


@contextlib.contextmanager
def _running(postfix: MailServer) -> Iterator[None]:
    command = ["postfix", "-c", str(postfix.home / "conf")]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*command, "start-fg"], **quiet)  # type: ignore[call-overload]
    try:
        assert wait_until_open(postfix.port, process), "Postfix does not answer"
        yield
    finally:
        subprocess.run([*command, "stop"], check=False, **quiet)  # type: ignore[call-overload]
        process.wait(20)


class _Auth(socketserver.StreamRequestHandler):
    """As much of Dovecot's authentication protocol as Postfix needs to check a password."""

    def handle(self) -> None:
        self.wfile.write(
            b"VERSION\t1\t1\nMECH\tPLAIN\tplaintext\nMECH\tLOGIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t0\nDONE\n"
        )
        for line in self.rfile:
            fields = line.decode().rstrip("\n").split("\t")
            if fields[0] == "AUTH":
                response = next((field[5:] for field in fields if field.startswith("resp=")), "")
                right = base64.b64decode(response).split(b"\0")[1:] == [USER.encode(), PASSWORD.encode()]
                self.wfile.write(f"{'OK' if right else 'FAIL'}\t{fields[1]}\tuser={USER}\n".encode())


@contextlib.contextmanager
def _auth_server() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Auth) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
