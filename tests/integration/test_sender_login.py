"""Greeting and login at relays that know other words than most: HELO only, other mechanisms, long replies."""

from __future__ import annotations

import base64
import hmac
import shlex
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from pydantic import SecretStr

from digest.errors import RelayRefused, RelayUnavailable
from digest.settings import SenderSettings, Settings, SmtpSettings, WebSettings
from digest.smtp import probe

Answer = Callable[[str], bytes]
USER, PASSWORD = "ada", "secret"


@contextmanager
def relay_that(answer: Answer, **changes: object) -> Iterator[tuple[SmtpSettings, list[str]]]:
    """Run a relay that answers each line so; the empty line stands for the greeting."""
    heard: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, suppress(ConnectionError), connection.makefile("rb") as lines:
            connection.sendall(answer(""))
            for line in lines:
                heard.append(line.decode().rstrip())
                connection.sendall(answer(heard[-1]))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    login = {"user": USER, "password": SecretStr(PASSWORD), "tls": "none", "timeout_seconds": 5}
    port = listening.getsockname()[1]
    try:
        yield SmtpSettings.model_validate({"host": "127.0.0.1", "port": port, **login, **changes}), heard
    finally:
        listening.close()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def speaking(offers: str, replies: dict[str, bytes]) -> Answer:
    """Answer as a relay with these AUTH lines and these replies to the beginnings of lines."""

    def answer(line: str) -> bytes:
        if not line:
            return b"220 relay.example\r\n"
        if line.startswith("EHLO"):
            lines = ["relay.example", *offers.split("|")]
            return "".join(f"250{' ' if one is lines[-1] else '-'}{one}\r\n" for one in lines).encode()
        return next((reply for start, reply in replies.items() if line.startswith(start)), b"500 what?\r\n")

    return answer


LOGIN = {
    "AUTH LOGIN": b"334 VXNlcm5hbWU6\r\n",
    encoded(USER): b"334 UGFzc3dvcmQ6\r\n",
    encoded(PASSWORD): b"235 2.7.0 welcome\r\n",
}


@pytest.mark.parametrize("refusal", [b"504 5.7.4 unrecognized\r\n", b"535 5.7.8 no\r\n", b"500 5.5.1 what?\r\n"])
@pytest.mark.parametrize("offers", ["AUTH LOGIN PLAIN", "AUTH PLAIN|AUTH LOGIN", "AUTH=LOGIN|AUTH PLAIN"])
def test_the_next_mechanism_is_tried_when_one_is_refused(offers: str, refusal: bytes) -> None:
    with relay_that(speaking(offers, {"AUTH PLAIN": refusal, **LOGIN})) as (relay, heard):
        probe(relay)
    assert [line.split()[1] for line in heard if line.startswith("AUTH")] == ["PLAIN", "LOGIN"]


def test_a_password_that_every_mechanism_refuses_is_refused_and_not_shown() -> None:
    with (
        relay_that(speaking("AUTH PLAIN LOGIN", {"AUTH": b"535 5.7.8 wrong\r\n"})) as (relay, _),
        pytest.raises(RelayRefused, match="535") as refused,
    ):
        probe(relay)
    assert PASSWORD not in str(refused.value)


def test_a_refusal_for_now_is_not_followed_by_another_mechanism() -> None:
    with relay_that(speaking("AUTH PLAIN LOGIN", {"AUTH": b"454 4.7.0 later\r\n"})) as (relay, heard):
        with pytest.raises(RelayUnavailable):
            probe(relay)
        assert sum(line.startswith("AUTH") for line in heard) == 1


def test_cram_md5_answers_the_challenge() -> None:
    challenge = "<1896.697170952@relay.example>"
    answer = encoded(f"{USER} {hmac.new(PASSWORD.encode(), challenge.encode(), 'md5').hexdigest()}")
    replies = {"AUTH CRAM-MD5": f"334 {encoded(challenge)}\r\n".encode(), answer: b"235 2.7.0 welcome\r\n"}
    with relay_that(speaking("AUTH CRAM-MD5", replies)) as (relay, heard):
        probe(relay)
    assert answer in heard


def test_xoauth2_sends_the_token_that_a_command_prints() -> None:
    command = shlex.join([sys.executable, "-c", "print('token-1')"])
    bearer = encoded(f"user={USER}\x01auth=Bearer token-1\x01\x01")
    replies = {f"AUTH XOAUTH2 {bearer}": b"235 2.7.0 welcome\r\n"}
    with relay_that(speaking("AUTH PLAIN XOAUTH2", replies), token_command=command) as (relay, heard):
        probe(relay)
    assert f"AUTH XOAUTH2 {bearer}" in heard


def test_a_token_command_that_fails_shows_nothing_of_its_output() -> None:
    command = shlex.join([sys.executable, "-c", "print('token-1'); raise SystemExit(1)"])
    with (
        relay_that(speaking("AUTH XOAUTH2", {}), token_command=command) as (relay, _),
        pytest.raises(RelayUnavailable, match="token_command") as failed,
    ):
        probe(relay)
    assert "token-1" not in str(failed.value)


@pytest.mark.parametrize("code", [b"500 what?\r\n", b"502 5.5.2 not implemented\r\n"])
def test_helo_follows_where_ehlo_is_not_known(code: bytes) -> None:
    replies = {"": b"220 old.example\r\n", "EHLO": code, "HELO": b"250 hello\r\n"}
    with relay_that(lambda line: replies.get(line.partition(" ")[0], b"221 bye\r\n"), user="") as (relay, heard):
        assert not probe(relay).pipelining
    assert [line.split()[0] for line in heard[:2]] == ["EHLO", "HELO"]


def test_helo_does_not_follow_where_a_login_is_wanted() -> None:
    with (
        relay_that(lambda line: b"502 no\r\n" if line else b"220 old.example\r\n") as (relay, heard),
        pytest.raises(RelayRefused, match="EHLO"),
    ):
        probe(relay)
    assert not any(line.startswith("HELO") for line in heard)


def test_a_greeting_of_two_hundred_lines_is_read() -> None:
    greeting = b"220-welcome\r\n" * 199 + b"220 welcome\r\n"
    answer = speaking("AUTH PLAIN", {"AUTH": b"235 welcome\r\n"})
    with relay_that(lambda line: answer(line) if line else greeting) as (relay, _):
        assert probe(relay).mechanisms == {"PLAIN"}


@pytest.mark.parametrize(
    ("web", "sender", "name"),
    [
        ("https://digest.lab.example/papers", "digest@lab.example", "digest.lab.example"),
        ("", "digest@lab.example", "lab.example"),
        ("http://127.0.0.1:8000", "digest@b\u00fccher.example", "xn--bcher-kva.example"),
        ("http://localhost:8000", "digest@lab.example", "lab.example"),
    ],
)
def test_the_relay_is_greeted_with_a_domain_name(web: str, sender: str, name: str) -> None:
    settings = Settings(web=WebSettings(url=web), sender=SenderSettings(address=sender))
    assert settings.smtp.ehlo_name == name


def test_the_name_of_the_settings_goes_before_all_others() -> None:
    with relay_that(speaking("AUTH PLAIN", {"AUTH": b"235 ok\r\n"}), ehlo_name="out.lab.example") as (relay, heard):
        settings = Settings(smtp=relay)
        probe(settings.smtp)
    assert heard[0] == "EHLO out.lab.example"
