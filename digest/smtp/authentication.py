"""AUTH (RFC 4954): the mechanisms that a relay offers are tried in turn, until one is accepted."""

from __future__ import annotations

import base64
import binascii
import hmac
import shlex
import subprocess
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from digest.errors import RelayRefused, RelayUnavailable
from digest.settings import SmtpSettings
from digest.smtp.connection import Connection
from digest.smtp.coroutines import Coroutine
from digest.smtp.replies import Reply

_GO_ON, _DONE = 334, 235


class _Mechanism(NamedTuple):
    name: str
    initial: bytes | None  #: sent with the command; None: the server speaks first
    answers: Sequence[Callable[[bytes], bytes]]  #: to its challenges, in turn


def log_in(connection: Connection, relay: SmtpSettings, offered: frozenset[str], name: str) -> Coroutine[None]:
    """Log in by the first mechanism that the relay accepts.

    Raise RelayRefused when it refuses all that both sides know, RelayUnavailable for a refusal for now.
    """
    mechanisms = [one for one in _mechanisms(relay, name) if one.name in offered]
    if not mechanisms:
        known = "AUTH XOAUTH2" if relay.token_command else "AUTH PLAIN, LOGIN or CRAM-MD5"
        raise RelayRefused(f"{name}: offers no {known}, but smtp.user is set")
    refusals: list[Reply] = []
    for mechanism in mechanisms:
        reply = yield from _try(connection, mechanism)
        if reply.code == _DONE:
            return
        if reply.code // 100 != 5:
            raise RelayUnavailable(f"{name}: AUTH: {reply}")
        refusals.append(reply)
    raise RelayRefused(f"{name}: AUTH: {next((reply for reply in refusals if reply.code == 535), refusals[-1])}")


def _mechanisms(relay: SmtpSettings, name: str) -> Iterator[_Mechanism]:
    user, password = relay.user.encode(), relay.password.get_secret_value().encode()
    if relay.token_command:
        bearer = b"user=" + user + b"\x01auth=Bearer " + _token(relay, name) + b"\x01\x01"
        yield _Mechanism("XOAUTH2", base64.b64encode(bearer), [lambda _error: b""])
        return
    plain = [
        _Mechanism("PLAIN", base64.b64encode(b"\0" + user + b"\0" + password), ()),
        _Mechanism("LOGIN", None, [lambda _asked: base64.b64encode(user), lambda _asked: base64.b64encode(password)]),
    ]
    digest = _Mechanism("CRAM-MD5", None, [lambda challenge: _cram_md5(user, password, challenge)])
    yield from (digest, *plain) if relay.tls == "none" else (*plain, digest)


def _try(connection: Connection, mechanism: _Mechanism) -> Coroutine[Reply]:
    command = f"AUTH {mechanism.name}".encode()
    yield from connection.send(command + (b" " + mechanism.initial if mechanism.initial else b"") + b"\r\n")
    reply = yield from connection.reply()
    for answer in mechanism.answers:
        if reply.code != _GO_ON:
            break
        yield from connection.send(answer(reply.text.encode()) + b"\r\n")
        reply = yield from connection.reply()
    if reply.code == _GO_ON:  # it wants more than the mechanism has: cancelled (RFC 4954, 4)
        yield from connection.send(b"*\r\n")
        reply = yield from connection.reply()
    return reply


def _cram_md5(user: bytes, password: bytes, challenge: bytes) -> bytes:
    """Return the answer to a challenge (RFC 2195); what is no base64 cancels the attempt."""
    try:
        asked = base64.b64decode(challenge, validate=True)
    except binascii.Error:
        return b"*"
    return base64.b64encode(user + b" " + hmac.new(password, asked, "md5").hexdigest().encode())


def _token(relay: SmtpSettings, name: str) -> bytes:
    """Return the access token that the command of the settings prints; its output appears in no message."""
    try:
        done = subprocess.run(  # noqa: S603  # the operator wrote the command
            shlex.split(relay.token_command), capture_output=True, timeout=relay.timeout_seconds, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise RelayUnavailable(f"{name}: smtp.token_command gave no token ({type(error).__name__})") from None
    if not (token := done.stdout.strip()):
        raise RelayUnavailable(f"{name}: smtp.token_command printed nothing")
    return token
