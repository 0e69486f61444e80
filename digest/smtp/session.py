"""A session with a relay: greeting, EHLO, TLS with a verified certificate, login; what the relay offers."""

from __future__ import annotations

import functools
import socket
import ssl
from dataclasses import dataclass

from digest.errors import RelayError, RelayRefused, RelayUnavailable
from digest.settings import SmtpSettings
from digest.smtp.authentication import log_in
from digest.smtp.connection import Connection, ConnectionBroken
from digest.smtp.coroutines import Coroutine, run_alone
from digest.smtp.name_resolution import addresses
from digest.smtp.replies import Reply

_NO_EHLO = (500, 502)  # the server knows HELO only (RFC 5321, 3.2)


@dataclass(frozen=True, kw_only=True)
class Extensions:
    """What a server offers in its reply to EHLO (RFC 5321, 4.1.1.1)."""

    pipelining: bool = False
    starttls: bool = False
    smtputf8: bool = False
    eight_bit: bool = False
    size: int = 0  #: largest message in octets; 0: not said
    mechanisms: frozenset[str] = frozenset()  #: of AUTH


def read_extensions(text: str) -> Extensions:
    """Return what the lines of an EHLO reply offer; the first line is the greeting.

    >>> read_extensions("mx.example.org\\nPIPELINING\\nSIZE 10240000\\nAUTH PLAIN LOGIN").size
    10240000
    """
    offers: dict[str, list[str]] = {}
    for name, *parameters in filter(None, map(str.split, text.splitlines()[1:])):
        offers.setdefault(name.upper(), []).extend(parameters)  # some servers write several AUTH lines
    mechanisms = offers.get("AUTH", [])
    mechanisms = mechanisms + [name.removeprefix("AUTH=") for name in offers if name.startswith("AUTH=")]
    size = offers.get("SIZE", [])
    return Extensions(
        pipelining="PIPELINING" in offers,
        starttls="STARTTLS" in offers,
        smtputf8="SMTPUTF8" in offers,
        eight_bit="8BITMIME" in offers,
        size=int(size[0]) if size and size[0].isdigit() else 0,
        mechanisms=frozenset(name.upper() for name in mechanisms),
    )


@dataclass(frozen=True, kw_only=True)
class Session:
    """A connection over which mail can be sent."""

    connection: Connection
    extensions: Extensions

    def quit(self) -> Coroutine[None]:
        """Send QUIT and close; the reply does not matter."""
        try:
            yield from self.connection.send(b"QUIT\r\n")
        except ConnectionBroken:
            pass  # the session is over anyway
        finally:
            self.connection.close()


def open_session(relay: SmtpSettings) -> Coroutine[Session]:
    """Return a session that is ready for MAIL. Raise RelayUnavailable or RelayRefused, with the step and the answer."""
    connection = yield from _connect(relay)
    try:
        return (yield from _greet(connection, relay))
    except ConnectionBroken as error:
        connection.close()
        raise RelayUnavailable(f"{_name(relay)}: {error}") from error
    except BaseException:
        connection.close()
        raise


def probe(relay: SmtpSettings) -> Extensions:
    """Connect, start TLS, log in and quit; return what the relay offers.

    Raise RelayUnavailable or RelayRefused, with the step and the answer.
    """
    session = run_alone(open_session(relay))
    run_alone(session.quit())
    return session.extensions


def _connect(relay: SmtpSettings) -> Coroutine[Connection]:
    """Return a connection to the first address that accepts one."""
    try:
        found = yield from addresses(relay.host, relay.port, relay.timeout_seconds)
    except (OSError, UnicodeError) as error:  # the latter for what cannot be a host name
        raise RelayUnavailable(f"{_name(relay)}: cannot connect: {error}") from error
    problem: Exception | None = None
    for family, kind, protocol, _, address in found:
        try:
            connection = Connection(socket.socket(family, kind, protocol), relay.timeout_seconds)
        except OSError as error:  # such as an IPv6 address on a machine without IPv6
            problem = error
            continue
        try:
            yield from connection.connect(address)
        except ConnectionBroken as error:
            connection.close()
            problem = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise RelayUnavailable(f"{_name(relay)}: cannot connect: {problem}") from problem


def _greet(connection: Connection, relay: SmtpSettings) -> Coroutine[Session]:
    if relay.tls == "tls":
        yield from _secure(connection, relay)
    yield from _expect(connection, 220, relay, "greeting")
    extensions = yield from _hello(connection, relay)
    if relay.tls == "starttls":
        extensions = yield from _start_tls(connection, relay, extensions)
    if relay.user:
        yield from log_in(connection, relay, extensions.mechanisms, _name(relay))
    return Session(connection=connection, extensions=extensions)


def _hello(connection: Connection, relay: SmtpSettings) -> Coroutine[Extensions]:
    name = relay.ehlo_name or _our_name(connection)
    yield from connection.send(f"EHLO {name}\r\n".encode())
    reply = yield from connection.reply()
    if reply.code in _NO_EHLO and relay.tls != "starttls" and not relay.user:
        yield from connection.send(f"HELO {name}\r\n".encode())
        yield from _expect(connection, 250, relay, "HELO")
        return Extensions()
    return read_extensions(_checked(reply, 250, relay, "EHLO").text)


def _our_name(connection: Connection) -> str:
    """Return the name of this machine where it is a whole domain name, else its address as a literal."""
    name = socket.gethostname()
    plain = name.isascii() and name.replace(".", "").replace("-", "").isalnum()
    return name if plain and "." in name and not name.endswith(".localdomain") else connection.name()


def _start_tls(connection: Connection, relay: SmtpSettings, offered: Extensions) -> Coroutine[Extensions]:
    if not offered.starttls:
        raise RelayRefused(f"{_name(relay)}: does not offer STARTTLS; nothing was sent, neither password nor mail")
    yield from connection.send(b"STARTTLS\r\n")
    yield from _expect(connection, 220, relay, "STARTTLS")
    if not connection.quiet():  # what came before the handshake is not protected by it
        raise RelayRefused(f"{_name(relay)}: sent more after its answer to STARTTLS; somebody may be in between")
    yield from _secure(connection, relay)
    return (yield from _hello(connection, relay))


def _secure(connection: Connection, relay: SmtpSettings) -> Coroutine[None]:
    try:
        yield from connection.secure(tls_context(relay.ca_file), relay.host)
    except ssl.SSLCertVerificationError as error:
        raise RelayRefused(f"{_name(relay)}: its certificate is not valid: {error.verify_message}") from error
    except OSError as error:
        raise RelayUnavailable(f"{_name(relay)}: no TLS: {error}") from error


@functools.lru_cache(maxsize=16)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return the context that verifies relays: the system's authorities, and those in `ca_file` when it names one."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file:
        try:
            context.load_verify_locations(ca_file)
        except OSError as error:
            raise RelayRefused(f"smtp.ca_file: {ca_file!r} cannot be used: {error}") from error
    return context


def _expect(connection: Connection, code: int, relay: SmtpSettings, step: str) -> Coroutine[Reply]:
    return _checked((yield from connection.reply()), code, relay, step)


def _checked(reply: Reply, code: int, relay: SmtpSettings, step: str) -> Reply:
    if reply.code == code:
        return reply
    kind: type[RelayError] = RelayRefused if reply.code // 100 == 5 else RelayUnavailable
    raise kind(f"{_name(relay)}: {step}: {reply}")


def _name(relay: SmtpSettings) -> str:
    return f"relay {relay.host}:{relay.port}"
