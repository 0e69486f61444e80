"""The rules that every message must follow, checked in its bytes. Each function yields the violations as sentences."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage

import html5lib
from lxml import html as lxml_html

from digest.rendering.layout import HTML_BOUND
from digest.rendering.theme import contrast

CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef]"
)
ONCE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version")
_SIZE = re.compile(r"font(?:-size)?:[^;\"]*?([\d.]+)px")
_LINK = re.compile(r"https?://|mailto:")
TEX = re.compile(r"\\[a-zA-Z]+\{|\$[^$\d\s][^$]*\$|mathbb|mathcal|left\(")


def broken(data: bytes, *, issue: bool) -> list[str]:
    """Return every rule that a message breaks; an issue also follows the rules of list mail."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert rich is not None
    text, html = plain.get_content(), rich.get_content()
    found = [*_of_the_bytes(data), *_of_the_header(message), *_of_the_html(html), *_of_the_text(text, html)]
    return [*found, *_of_list_mail(message), *_of_an_issue(html, text)] if issue else found


def _of_the_bytes(data: bytes) -> Iterator[str]:
    if re.search(rb"(?<!\r)\n|\r(?!\n)|\0", data) or not data.isascii():
        yield "an octet that is not allowed in a message"
    if any(len(line) > 998 or line.startswith(b".") for line in data.split(b"\r\n")):
        yield "a line that is too long or needs dot-stuffing"
    if re.search(rb"(?im)^(list-|message-id|feedback-id)[^\r]*=\?", data.split(b"\r\n\r\n")[0]):
        yield "an encoded word where none is allowed"


def _of_the_header(message: EmailMessage) -> Iterator[str]:
    counts = Counter(name for name, _ in message.items() if name in ONCE)
    yield from (f"{name} occurs {counts[name]} times" for name in ONCE if counts[name] != 1)
    yield from (f"a defect: {defect}" for part in message.walk() for defect in part.defects)
    if len(str(message["Subject"])) > 120 or CONTROL.search(str(message["Subject"])):
        yield f"the subject is too long or has a control character: {message['Subject']!r}"
    domain = str(message["From"]).rpartition("@")[2].rstrip(">")
    if not str(message["Message-ID"]).endswith(f"@{domain}>"):
        yield "the Message-ID is not at the domain of From"
    kinds = [(part.get_content_type(), part.get_content_charset()) for part in message.iter_parts()]
    if kinds != [("text/plain", "utf-8"), ("text/html", "utf-8")]:
        yield f"the parts are {kinds}"


def _of_list_mail(message: EmailMessage) -> Iterator[str]:
    ways = re.findall(r"<([a-z]+):[^>]+>", str(message["List-Unsubscribe"]))
    one_click = message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    if ways not in (["https", "mailto"], ["mailto"]) or one_click is not ("https" in ways):
        yield f"List-Unsubscribe: {ways}, one click: {one_click}"
    if not re.search(r"<[^<>@\s]+\.[^<>@\s]+>$", str(message["List-Id"])):
        yield f"List-Id: {message['List-Id']}"
    if message["Precedence"] != "bulk" or message["Auto-Submitted"] != "auto-generated":
        yield "Precedence or Auto-Submitted is wrong"


def _of_the_html(html: str) -> Iterator[str]:
    parser = html5lib.HTMLParser()
    parser.parse(html)
    yield from (f"html5lib: {error[1]}" for error in parser.errors[:3])
    document = lxml_html.document_fromstring(html)
    css = "".join(re.findall(r"<style[^>]*>(.*?)</style>", html, re.DOTALL))
    inline = re.sub(r"<style.*?</style>|<!--.*?-->", "", html, flags=re.DOTALL)
    checks = {
        "more octets than Gmail shows": len(html.encode()) <= HTML_BOUND,
        "style sheets over 8 KB, which Gmail drops": len(css) < 8192,
        "no lang or dir": document.get("lang") == "en" and document.get("dir") == "ltr",
        "no title": bool((document.findtext(".//title") or "").strip()),
        "not exactly one h1, or no h2": len(document.findall(".//h1")) == 1 and bool(document.findall(".//h2")),
        "a table without role": all(table.get("role") == "presentation" for table in document.iter("table")),
        "no dark colours": "prefers-color-scheme: dark" in css and 'name="color-scheme"' in html,
        "something from outside": not re.search(r"@import|<link|url\(|<img|\ssrc=", inline + css),
        "something that runs": not re.search(r"<(script|form|iframe|object|embed)\b|<[^>]+\son\w+=|javascript:", html),
        "text under 14 px": not [
            size for size in re.findall(r"font(?:-size)?:[^;\"]*?([\d.]+)px", inline) if 2 < float(size) < 14
        ],
        "a tag or None left over": not re.search(r"\{\{|\{%|>None<|\bnan\b", inline),
        "a control character": not CONTROL.search(html),
        "conditional comments out of balance": html.count("<!--[if") == len(re.findall(r"<!\[endif\](?:--)?-->", html)),
    }
    yield from (reason for reason, kept in checks.items() if not kept)
    yield from _of_the_links(document)
    yield from (f"{ink} on {paper} is hard to read" for ink, paper in colours(document) if contrast(ink, paper) < 4.5)


def _of_the_links(document: lxml_html.HtmlElement) -> Iterator[str]:
    links = list(document.iter("a"))
    if not links:
        yield "no link at all"
    yield from (f"a link to {a.get('href')}" for a in links if not re.match("https://|mailto:", a.get("href") or ""))
    yield from ("a link without a name" for a in links if not (a.text_content().strip() or a.get("aria-label")))


def _of_the_text(text: str, html: str) -> Iterator[str]:
    flat, document = " ".join(text.split()), lxml_html.document_fromstring(html)
    titles = [" ".join(heading.text_content().split()) for heading in document.iter("h1", "h2")]
    yield from (f"{title!r} is missing in the text part" for title in titles if title not in flat)
    if CONTROL.search(text):
        yield "a control character"
    lines = [line for line in text.splitlines() if line.isascii() and " " in line.strip() and not _LINK.search(line)]
    yield from (f"a long line in the text part: {line}" for line in lines if len(line) > 78)


def _of_an_issue(html: str, text: str) -> Iterator[str]:
    document = lxml_html.document_fromstring(html)
    for part in (document.text_content().lower(), text.lower()):
        if "unsubscribe" not in part or "manage" not in part:
            yield "no way to unsubscribe or manage"
    if TEX.search(document.text_content()):
        yield "LaTeX is left"


def colours(document: lxml_html.HtmlElement) -> Iterator[tuple[str, str]]:
    """Return each text colour with its background colour."""
    for element in document.iter("td", "p", "h1", "h2", "a", "span", "div"):
        ink = re.search(r"(?<![-\w])color:\s*(#[0-9a-f]{6})", element.get("style") or "")
        if ink and "display:none" not in element.get("style"):
            yield ink.group(1), _background_of(element)


def _background_of(element: lxml_html.HtmlElement) -> str:
    for node in (element, *element.iterancestors()):
        paper = re.search(r"background-color:\s*(#[0-9a-f]{6})", node.get("style") or "")
        if paper:
            return paper.group(1)
    return "#ffffff"
