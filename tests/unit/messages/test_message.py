import email
import email.base64mime
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigurationError, MessageError
from digest.messages import Envelope, Message, compose, tagged, wire_address
from digest.messages.dkim import Signer, read_key
from digest.rendering import Rendering
from digest.rendering.encoded_text import encoded

HTML = "<p>Grüße, 世界.</p>\n.\n..dots\n" + "long " * 300 + "\n"
TEXT = "Grüße\n.hidden\n\n-- \nend\n"
TOKEN = "a" * 48


def rendering(subject: str = "Three papers", html: str = HTML) -> Rendering:
    return Rendering(subject=subject, preheader="", html_fragments=[encoded(html)], text_fragments=[encoded(TEXT)])


def envelope(**changes: object) -> Envelope:
    given: dict[str, object] = {
        "sender_name": "Paper Digest",
        "sender_address": "digest@example.org",
        "bounces": tagged("digest@example.org", TOKEN),
        "recipient": "ada@example.com",
        "recipient_name": "Ada",
        "date": datetime(2025, 3, 13, 6, 0, 5, tzinfo=UTC),
        "message_id": "20250313.1@example.org",
        "list_id": "digest.example.org",
        "unsubscribe_url": "https://digest.example.org/u/" + "b" * 40,
        "unsubscribe_mailto": f"mailto:digest+{TOKEN}@example.org?subject=unsubscribe",
        "feedback_id": "20250313:daily:issue:paperdigest",
    }
    return Envelope(**(given | changes))  # type: ignore[arg-type]


def parsed(message: Message) -> EmailMessage:
    found = email.message_from_bytes(message.data, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    found: str = part.get_content()
    return found.replace("\r\n", "\n")


def test_parsing_the_bytes_gives_the_parts_back_without_a_defect() -> None:
    message = parsed(compose(rendering(), envelope()))
    parts = list(message.walk())
    assert [part.defects for part in parts] == [[], [], []]
    assert [part.get_content_type() for part in parts] == ["multipart/alternative", "text/plain", "text/html"]
    assert content(message, "html") == HTML
    assert content(message, "plain") == TEXT


def test_the_bytes_keep_the_rules_of_the_wire() -> None:
    data = compose(rendering(), envelope()).data
    lines = data.split(b"\r\n")
    assert data.isascii()
    assert b"\0" not in data
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    assert max(map(len, lines)) <= 998
    assert not any(line.startswith(b".") for line in lines)


ANYTHING = st.text(st.characters(exclude_categories=["Cs"])) | st.text("a.\r\n\0 :<>@é", max_size=30)
FROM_OUTSIDE = ("sender_name", "recipient_name", "recipient", "message_id", "unsubscribe_url", "feedback_id")


@given(ANYTHING, ANYTHING, st.dictionaries(st.sampled_from(FROM_OUTSIDE), ANYTHING, max_size=3))
def test_whatever_it_says_a_message_keeps_the_rules_of_the_wire_or_is_refused(
    subject: str, html: str, changes: dict[str, str]
) -> None:
    try:
        message = compose(rendering(subject, html), envelope(**changes))
    except MessageError:
        return
    assert message.is_wire_ready
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0|^\.|\n\.", message.data)
    assert message.data.endswith(b"\r\n")
    assert set(parsed(message).keys()) <= set(parsed(compose(rendering(), envelope())).keys())


def test_the_same_issue_gives_the_same_bytes_again() -> None:
    assert compose(rendering(), envelope()) == compose(rendering(), envelope())


def test_the_header_has_every_field_of_list_mail_once() -> None:
    message = parsed(compose(rendering(), envelope()))
    assert {name: message.get_all(name) for name in message} == {
        "From": ["Paper Digest <digest@example.org>"],
        "To": ["Ada <ada@example.com>"],
        "Subject": ["Three papers"],
        "Date": ["Thu, 13 Mar 2025 06:00:05 +0000"],
        "Message-ID": ["<20250313.1@example.org>"],
        "MIME-Version": ["1.0"],
        "Content-Type": ['multipart/alternative; boundary="=_part_of_a_digest"'],
        "List-Id": ["Paper Digest <digest.example.org>"],
        "List-Unsubscribe": [
            f"<https://digest.example.org/u/{'b' * 40}>, <mailto:digest+{TOKEN}@example.org?subject=unsubscribe>"
        ],
        "List-Unsubscribe-Post": ["List-Unsubscribe=One-Click"],
        "Precedence": ["bulk"],
        "Auto-Submitted": ["auto-generated"],
        "X-Auto-Response-Suppress": ["All"],
        "Feedback-ID": ["20250313:daily:issue:paperdigest"],
    }


def test_no_list_field_is_folded_or_encoded() -> None:
    head = compose(rendering(), envelope()).data.split(b"\r\n\r\n")[0]
    line = next(line for line in head.split(b"\r\n") if line.startswith(b"List-Unsubscribe:"))
    assert line.endswith(b"?subject=unsubscribe>")


def test_without_web_pages_one_unsubscribes_by_mail_only() -> None:
    message = parsed(compose(rendering(), envelope(unsubscribe_url="")))
    assert message["List-Unsubscribe"] == f"<mailto:digest+{TOKEN}@example.org?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] is None


def test_a_message_that_is_not_list_mail_has_no_list_field() -> None:
    message = parsed(compose(rendering(), envelope(list_id="", unsubscribe_url="", unsubscribe_mailto="")))
    assert not [name for name in message if name.startswith("List-") or name in ("Precedence", "Feedback-ID")]
    assert message["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("Plain", id="plain"),
        pytest.param("Ünïcode · 世界 🎉", id="outside-ascii"),
        pytest.param("🎉" * 60, id="long-emoji"),
        pytest.param("word " * 23 + "end", id="long-ascii"),
        pytest.param("=?utf-8?q?x=0D=0AReply-To=3A evil@example.org?=", id="looks-encoded"),
        pytest.param("a" * 119, id="one-long-word"),
        pytest.param('tabs: 100% <b>&amp;</b>, "quoted" \\ (comment) =', id="specials"),
    ],
)
def test_a_subject_is_read_back_as_it_was(subject: str) -> None:
    data = compose(rendering(subject), envelope()).data
    message = parsed(compose(rendering(subject), envelope()))
    assert str(message["Subject"]) == subject
    assert message["Reply-To"] is None
    field = re.search(rb"^Subject: .*(?:\r\n .*)*", data, re.MULTILINE)
    assert field
    assert max(map(len, field.group().split(b"\r\n"))) <= 77  # 76 and the blank that folds


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("Ada Lovelace", id="plain"),
        pytest.param("Lovelace, Ada (Countess)", id="specials"),
        pytest.param('Ada "the first" \\ Lovelace', id="quotes"),
        pytest.param("Zoë 世界", id="outside-ascii"),
        pytest.param("ö" * 100, id="long"),
        pytest.param("=?utf-8?q?x?= <evil@example.org>", id="looks-encoded"),
    ],
)
def test_a_display_name_is_read_back_as_it_was(name: str) -> None:
    message = parsed(compose(rendering(), envelope(recipient_name=name)))
    (address,) = message["To"].addresses
    display_name, _, _ = str(make_header(decode_header(_field(message, "To")))).rpartition(" <")
    assert address.addr_spec == "ada@example.com"
    assert re.sub(r"^\"|\"$|\\(.)", r"\1", display_name) == name


def _field(message: EmailMessage, name: str) -> str:
    """The field as it was sent; Python's own parser of names keeps the blanks between encoded words."""
    (raw,) = [value for key, value in message.raw_items() if key == name]
    return str(raw)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("message_id", "x@example.org>\r\nBcc: <evil@example.org", id="message-id"),
        pytest.param("unsubscribe_url", "https://example.org/\nX: y", id="unsubscribe-url"),
        pytest.param("unsubscribe_mailto", "mailto:ü@example.org", id="unsubscribe-mailto"),
        pytest.param("recipient", "ada@example.com\r\nRCPT TO:<evil@example.org>", id="recipient"),
        pytest.param("recipient", "ada <ada@example.com>", id="recipient-with-brackets"),
        pytest.param("recipient", "nobody", id="recipient-without-domain"),
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(field: str, value: str) -> None:
    with pytest.raises(MessageError):
        compose(rendering(), envelope(**{field: value}))


def test_an_international_domain_goes_out_in_ascii() -> None:
    message = compose(rendering(), envelope(recipient="ada@bücher.example"))
    assert message.recipient == "ada@xn--bcher-kva.example"
    assert b"<ada@xn--bcher-kva.example>" in message.data


def test_a_local_part_outside_ascii_stays_as_it_is() -> None:
    message = compose(rendering(), envelope(recipient="zoë@example.com", recipient_name=""))
    assert "To: zoë@example.com\r\n".encode() in message.data


def test_a_token_that_makes_the_local_part_too_long_is_refused() -> None:
    assert tagged("fifteen-letters@example.org", TOKEN) == f"fifteen-letters+{TOKEN}@example.org"
    with pytest.raises(MessageError, match="15 fit"):
        tagged("sixteen-letters-@example.org", TOKEN)


@pytest.mark.parametrize("address", ["", "@", "a@", "@b", "a b@example.org", "a@exa mple.org"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(MessageError):
        wire_address(address)


def _rsa() -> tuple[Signer, bytes]:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Signer(domain="example.org", selector="r1", key=key), b"v=DKIM1; k=rsa; p=" + _base64(public)


def _ed25519() -> tuple[Signer, bytes]:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return Signer(domain="example.org", selector="e1", key=key), b"v=DKIM1; k=ed25519; p=" + _base64(public)


def _base64(data: bytes) -> bytes:
    return email.base64mime.body_encode(data, maxlinelen=100_000).strip().encode()


MAKERS = [pytest.param(_rsa, id="rsa-2048"), pytest.param(_ed25519, id="ed25519")]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("subject", ["Plain", "Ünïcode " * 12])
def test_dkimpy_verifies_the_signature(make, subject: str) -> None:  # type: ignore[no-untyped-def]
    signer, record = make()
    data = compose(rendering(subject), envelope(), (signer,)).data
    assert dkim.verify(data, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(data.replace(b"Ada", b"Eve"), dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(data + b"more\r\n", dnsfunc=lambda name, timeout=5: record)


def test_both_signatures_of_a_message_verify() -> None:
    (first, first_record), (second, second_record) = _rsa(), _ed25519()
    records = {b"r1._domainkey.example.org.": first_record, b"e1._domainkey.example.org.": second_record}
    verifier = dkim.DKIM(compose(rendering(), envelope(), (first, second)).data)
    assert all(verifier.verify(idx=place, dnsfunc=lambda name, timeout=5: records[name]) for place in (0, 1))


def test_the_signature_covers_one_click_and_a_second_from() -> None:
    signer, record = _rsa()
    data = compose(rendering(), envelope(), (signer,)).data
    covered = re.search(rb"h=([^;]+);", data)
    assert covered
    names = re.sub(rb"\s", b"", covered.group(1)).split(b":")
    assert names.count(b"from") == 2
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id", b"list-id", b"subject"} <= set(names)
    forged = data.replace(b"From: ", b"From: Evil <evil@example.com>\r\nFrom: ", 1)
    assert not dkim.verify(forged, dnsfunc=lambda name, timeout=5: record)


def test_a_key_is_read_from_pem_and_a_faulty_one_is_named() -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert isinstance(read_key(pem, "dkim.pem"), Ed25519PrivateKey)
    with pytest.raises(ConfigurationError, match=r"dkim\.pem"):
        read_key(b"nonsense", "dkim.pem")
