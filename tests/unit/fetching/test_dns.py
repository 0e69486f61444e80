"""Records are looked up at a resolver; what does not exist is empty, and silence is an error."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import dns.flags
import dns.message
import dns.resolver
import dns.rrset
import pytest

from digest.errors import FetchError
from digest.fetching import dns as names

ZONE = {
    ("example.org.", "TXT"): ['"v=spf1 " "-all"', '"other"'],
    ("example.org.", "MX"): ["10 mail.example.org."],
    ("null.example.", "MX"): ["0 ."],
    ("host.example.", "A"): ["192.0.2.1"],
}


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A name server on loopback that knows the zone above."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=_serve, args=(server,))
        thread.start()
        monkeypatch.setattr(dns.resolver, "default_resolver", _asking(server.getsockname()[1]))
        yield
        server.sendto(b"", server.getsockname())
        thread.join()


def _asking(port: int) -> dns.resolver.Resolver:
    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port = ["127.0.0.1"], port
    return made


def _serve(server: socket.socket) -> None:
    while True:
        data, address = server.recvfrom(4096)
        if not data:
            return
        query = dns.message.from_wire(data)
        question = query.question[0]
        answer = dns.message.make_response(query)
        kind = dns.rdatatype.to_text(question.rdtype)
        if values := ZONE.get((str(question.name), kind)):
            answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *values))
        elif str(question.name) not in {name for name, _ in ZONE}:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        server.sendto(answer.to_wire(), address)


@pytest.mark.usefixtures("resolver")
def test_texts_are_joined_and_a_name_without_any_has_none() -> None:
    assert sorted(names.texts("example.org")) == ["other", "v=spf1 -all"]
    assert names.texts("host.example") == []
    assert names.texts("nowhere.example") == []


@pytest.mark.usefixtures("resolver")
@pytest.mark.parametrize(
    ("domain", "taken"), [("example.org", True), ("host.example", True), ("null.example", False), ("no.example", False)]
)
def test_a_domain_accepts_mail_by_its_exchangers_or_its_own_address(domain: str, taken: bool) -> None:
    assert names.accepts_mail(domain) is taken


def test_a_resolver_that_does_not_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "TIMEOUT", 0.2)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        monkeypatch.setattr(dns.resolver, "default_resolver", _asking(silent.getsockname()[1]))
        with pytest.raises(FetchError, match="no resolver answered"):
            names.texts("example.org")
