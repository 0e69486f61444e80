"""The result: a choice's issue as the workbench shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from digest.errors import UsageError
from digest.messages.reading import read_message
from digest.rendering.layout import HTML_BOUND
from digest.runs.preview.preview import Composed
from digest.settings import SmtpSettings
from digest.web.preview.choice import WIDTHS, Choice, Show
from digest.web.preview.client_simulation import Scheme
from digest.web.preview.session import PreviewedIssue, PreviewSession
from digest.web.preview.table import Link, why_view
from digest.web.preview.template_reload import RenderedMail
from digest.web.preview.views import FaultView, LinkOption, LooksView, MailView, Option, ResultView

GMAIL_LIMIT = 102_400  #: octets of HTML; what comes after is hidden behind a link
RELAY, INBOX = "relay", "inbox"
SHOWS = {Show.HTML: "HTML", Show.TEXT: "Text", Show.HEADER: "Header", Show.SOURCE: "Source"}
_SCHEMES: Mapping[Scheme, tuple[str, str]] = {
    Scheme.LIGHT: ("Light", ""),
    Scheme.DARK: ("Dark", "Dark: the client lets the mail's own dark colours stand, as Apple Mail does."),
    Scheme.FORCED: (
        "Forced dark",
        "Forced dark: every colour is turned round in lightness, as Gmail on iOS and Outlook on Windows do. Their "
        "programs cannot run here; this comes close to them.",
    ),
    Scheme.OUTLOOK: (
        "Outlook dark",
        "Outlook dark: inline colours are turned round and the mail's rules for Outlook's marks apply, as on its web "
        "page. The program cannot run here; this comes close to it.",
    ),
}
_STRIPPED = "Style blocks are stripped, as Gmail does for accounts of other providers."


def looks_view(choice: Choice, link: Link) -> LooksView:
    """Return the switches for width, colours and style blocks, with what there is to say of the chosen ones."""
    notes = [_SCHEMES[choice.scheme][1], _STRIPPED if choice.stripped else ""]
    return LooksView(
        width=choice.width,
        widths=tuple(
            LinkOption(link=link(width=width), label=f"{name} {width}", chosen=width == choice.width)
            for width, name in WIDTHS.items()
        ),
        schemes=tuple(
            LinkOption(link=link(scheme=scheme), label=label, chosen=scheme is choice.scheme, note=note)
            for scheme, (label, note) in _SCHEMES.items()
        ),
        styles=(
            LinkOption(link=link(stripped=False), label="Kept", chosen=not choice.stripped),
            LinkOption(link=link(stripped=True), label="Stripped", chosen=choice.stripped, note=_STRIPPED),
        ),
        note=" ".join(filter(None, notes)),
    )


def fault_view(session: PreviewSession, choice: Choice, pressed: RenderedMail[Any], link: Link) -> FaultView | None:
    """Return what is wrong with the templates; None when nothing is."""
    fault = pressed.fault
    if fault is None:
        return None
    return FaultView(
        file=fault.file,
        line=fault.line,
        reason=fault.reason,
        excerpt=fault.excerpt,
        good=link(good=True) if session.renderer.has_good else "",
        shows_good=choice.good and pressed.outcome is not None,
    )


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One choice on the desk: what it looks like, with the addresses of its neighbours."""

    session: PreviewSession
    seen: PreviewedIssue

    @property
    def choice(self) -> Choice:
        return self.seen.choice

    def link(self, **changes: object) -> str:
        """Return the address of the same page with these changes."""
        return self.session.root + self.choice.query(**changes)

    def view(self) -> ResultView:
        """Return the result as the template shows it."""
        seen, choice = self.seen, self.choice
        return ResultView(
            version=self.session.renderer.version,
            summary=_summary(seen),
            compare=self._compare() if seen.is_changed and choice.who and not seen.wrong else "",
            profile_faults=seen.wrong,
            fault=fault_view(self.session, choice, seen.pressed, self.link),
            skipped=str(seen.decided.skip) if seen.decided and seen.decided.skip else "",
            mail=self._mail(seen.pressed.outcome) if seen.pressed.outcome else None,
            parts=tuple(
                LinkOption(link=self.link(show=show), label=label, chosen=show is choice.show)
                for show, label in SHOWS.items()
            ),
            looks=looks_view(choice, self.link),
            send_to=f"{self.session.root}send{choice.query()}",
            test_address=seen.subscriber.address,
            relays=tuple(_relays(self.session)),
            why=why_view(seen.decided, choice, self.link) if seen.decided else None,
        )

    def _compare(self) -> str:
        choice = self.choice
        pairs = [("left", str(choice.who)), ("right", f"{choice.who}~{choice.draft}"), ("from", choice.papers)]
        return f"{self.session.root}compare?{urlencode(pairs)}"

    def _mail(self, composed: Composed) -> MailView:
        show, data = self.choice.show, composed.message.data
        read = read_message(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")  # the header alone
        plain = {
            Show.HTML: "",
            Show.TEXT: composed.rendering.text,
            Show.HEADER: read.raw_header,
            Show.SOURCE: data.decode("utf-8", "replace").replace("\r\n", "\n"),
        }
        return MailView(
            sender=read.value("From"),
            recipient=read.value("To"),
            subject=composed.rendering.subject,
            preheader=composed.rendering.preheader,
            frame=f"{self.session.root}mail{self.choice.query()}" if show is Show.HTML else "",
            plain=plain[show],
            plain_name=f"{SHOWS[show]} of the mail",
            html_size=len(composed.rendering.html.encode()),
            size=len(data),
            limit=GMAIL_LIMIT,
            bound=HTML_BOUND,
            download=f"{self.session.root}issue.eml{self.choice.query()}",
        )


def _relays(session: PreviewSession) -> list[Option]:
    relay = session.settings.smtp
    configured = Option(value=RELAY, label=f"the relay {relay.host}:{relay.port}", chosen=not session.inbox_relay)
    if not session.inbox_relay:
        return [configured]
    return [Option(value=INBOX, label="the inbox of this preview", chosen=True), configured]


def chosen_relay(session: PreviewSession, by: str) -> SmtpSettings:
    """Return the relay that a test is sent through. Raise UsageError for one that there is not."""
    if by == INBOX and session.inbox_relay:
        return session.inbox_relay
    if by in ("", RELAY):
        return session.settings.smtp
    raise UsageError(f"by={by[:20]}: there is no such relay")


def _summary(seen: PreviewedIssue) -> str:
    """Return "10 picks from 197 new papers of 600 judged, in 43 ms"."""
    if seen.decided is None:
        return "The profile cannot be used."
    ranking, ranked = seen.decided.ranking, len(seen.decided.papers)
    picks = _count(len(ranking.picks), "pick")
    trending = f" and {len(ranking.trending)} trending" if ranking.trending else ""
    milliseconds = max(1, round(1000 * seen.seconds))
    return (
        f"{picks}{trending} from {_count(ranking.considered, 'new paper')}; {_count(ranked, 'paper')} judged and the "
        f"mail made in {milliseconds} ms."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
