"""The inbox: the e-mails that the embedded SMTP server received, part by part."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from digest.errors import UsageError
from digest.inbox import Received, read_inbox
from digest.messages.reading import MessagePart, ReadMessage, read_message
from digest.web.guard import MAIL_POLICY
from digest.web.preview.access import ChoiceDep, SessionDep, place, shown
from digest.web.preview.choice import Choice
from digest.web.preview.client_simulation import as_seen
from digest.web.preview.result import simulation_view
from digest.web.preview.session import PreviewSession
from digest.web.preview.views import InboxPage, InboxRow, LinkOption, MailPage, ReceivedView

HEADER, SOURCE = "header", "source"
HTML = "text/html"
_SHOWN = ("From", "To", "Subject", "Date", "List-Unsubscribe")
router = APIRouter(prefix="/inbox", include_in_schema=False)


@router.get("")
def listed(session: SessionDep) -> Response:
    """Show the e-mails, newest first."""
    mails = _mails(session)
    rows = (_row(session, number, mail) for number, mail in enumerate(mails, 1))
    place_of_server = f" on {_address(session)}" if session.inbox_relay else ""
    where = f"E-mails received by the SMTP server{place_of_server}."
    return shown(session, InboxPage(place=place(session, "inbox"), address=where, mails=tuple(reversed(list(rows)))))


@router.get("/{number}")
def one(session: SessionDep, choice: ChoiceDep, number: int, part: str = "") -> Response:
    """Show one e-mail: its header, one of its parts, or its source."""
    mail = _mail(session, number)
    read = read_message(mail.data)
    part = part or _best(read)
    here = f"{session.root}inbox/{number}"
    leaf = _leaf(read, part)
    is_html = leaf is not None and leaf.content_type == HTML
    return shown(
        session,
        MailPage(
            place=place(session, "inbox"),
            mail=_received(mail, read),
            parts_shown=tuple(_parts(read, part, here, choice)),
            frame_link=f"{here}/{part}{choice.query()}" if is_html else "",
            plain="" if is_html else _plain(mail, read, leaf, part),
            simulation=simulation_view(choice, lambda **changes: f"{here}{_with_part(choice.query(**changes), part)}"),
        ),
    )


@router.get("/{number}/{part}")
def framed(session: SessionDep, choice: ChoiceDep, number: int, part: str) -> Response:
    """Return an HTML part as the chosen client shows it, for the frame."""
    leaf = _leaf(read_message(_mail(session, number).data), part)
    if leaf is None or leaf.content_type != HTML or leaf.text is None:
        raise UsageError(f"e-mail {number} has no HTML in part {part}")
    html = as_seen(leaf.text, choice.scheme, stripped=choice.stripped)
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


def _mails(session: PreviewSession) -> list[Received]:
    if session.inbox is None:
        raise UsageError("there is no inbox; start one with `digest preview --inbox`")
    return read_inbox(session.inbox)


def _mail(session: PreviewSession, number: int) -> Received:
    mails = _mails(session)
    if not 1 <= number <= len(mails):
        raise UsageError(f"the inbox has no e-mail {number}")
    return mails[number - 1]


def _address(session: PreviewSession) -> str:
    relay = session.inbox_relay
    return f"{relay.host}:{relay.port}" if relay else ""


def _row(session: PreviewSession, number: int, mail: Received) -> InboxRow:
    data = mail.data
    return InboxRow(
        link=f"{session.root}inbox/{number}",
        subject=read_message(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n").value("Subject"),
        sender=mail.sender,
        recipient=", ".join(mail.recipients),
        at=mail.at,
        size=len(data),
    )


def _received(mail: Received, read: ReadMessage) -> ReceivedView:
    return ReceivedView(
        subject=read.value("Subject"),
        sender=mail.sender,
        recipient=", ".join(mail.recipients),
        header=tuple((name, read.value(name)) for name in _SHOWN if read.value(name)),
        defects=read.defects,
    )


def _best(read: ReadMessage) -> str:
    """Return the part that a mail client shows: the last HTML part, else the first part."""
    html = [place for place, part in enumerate(read.parts) if part.content_type == HTML]
    return str(html[-1] if html else 0)


def _leaf(read: ReadMessage, part: str) -> MessagePart | None:
    if part in (HEADER, SOURCE):
        return None
    if not part.isdecimal() or int(part) >= len(read.parts):
        raise UsageError(f"the e-mail has no part {part[:20]}")
    return read.parts[int(part)]


def _parts(read: ReadMessage, chosen: str, here: str, choice: Choice) -> list[LinkOption]:
    names = {str(place): _name(part) for place, part in enumerate(read.parts)}
    names |= {HEADER: "Header", SOURCE: "Source"}
    return [
        LinkOption(link=here + _with_part(choice.query(), part), label=name, chosen=part == chosen)
        for part, name in names.items()
    ]


def _name(part: MessagePart) -> str:
    return f"{part.filename or part.content_type}, {part.size:,} bytes"


def _with_part(query: str, part: str) -> str:
    return f"{query}{'&' if query else '?'}part={part}"


def _plain(mail: Received, read: ReadMessage, leaf: MessagePart | None, part: str) -> str:
    if leaf is not None:
        return leaf.text if leaf.text is not None else f"{leaf.size:,} bytes of {leaf.content_type}"
    return read.raw_header if part == HEADER else mail.data.decode("utf-8", "replace").replace("\r\n", "\n")
