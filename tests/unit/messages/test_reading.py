"""A message read back: header decoded, parts apart, and nothing that comes over the wire is an error."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from digest.messages.reading import read_message


def mail() -> bytes:
    message = EmailMessage()
    message["From"] = "Paper Digest <digest@example.org>"
    message["Subject"] = "Größe zählt"
    message.set_content("Guten Tag\n")
    message.add_alternative("<p>Guten Tag</p>\n", subtype="html")
    message.add_attachment(b"\x00\x01\x02", maintype="application", subtype="pdf", filename="paper.pdf")
    return message.as_bytes()


def test_a_mail_has_its_header_decoded_and_its_parts_in_order() -> None:
    read = read_message(mail())
    assert read.value("subject") == "Größe zählt"
    assert [part.content_type for part in read.parts] == ["text/plain", "text/html", "application/pdf"]
    assert [part.text for part in read.parts] == ["Guten Tag\n", "<p>Guten Tag</p>\n", None]
    assert (read.parts[2].filename, read.parts[2].size) == ("paper.pdf", 3)
    assert read.defects == ()


def test_the_raw_header_is_as_it_came() -> None:
    raw = b"Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\r\nX-Odd:  two\r\n  lines\r\n\r\nbody"
    assert read_message(raw).raw_header == "Subject: =?utf-8?q?Gr=C3=B6=C3=9Fe?=\nX-Odd:  two\n  lines"


BROKEN = {
    "nothing": b"",
    "no header": b"\r\nbody",
    "binary rubbish": bytes(range(256)) * 4,
    "a torn multipart": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>",
    "an unknown charset": b"Content-Type: text/plain; charset=klingon\r\n\r\nQapla'",
    "a broken address": b"From: <<<@@>>\r\nTo: undisclosed: ;\r\n\r\n",
    "a broken encoded word": b"Subject: =?utf-8?b?####?= =?x?y?z?=\r\n\r\n",
    "bad base64": b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_read_as_far_as_it_goes(data: bytes) -> None:
    read = read_message(data)
    assert len(read.parts) >= 1
    assert all(isinstance(value, str) for _, value in read.header)


def test_a_torn_mail_names_its_defects() -> None:
    assert "StartBoundaryNotFoundDefect" in read_message(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nhi").defects
