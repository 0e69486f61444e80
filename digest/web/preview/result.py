"""The result: the issue of a choice as the workbench shows it."""

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
from digest.web.preview.views import FaultView, LinkOption, MailView, Option, ResultView, SimulationView

GMAIL_LIMIT = 102_400  #: bytes of HTML; Gmail hides the rest behind a link
RELAY, INBOX = "relay", "inbox"
SHOWS = {Show.HTML: "HTML", Show.TEXT: "Text", Show.HEADER: "Header", Show.SOURCE: "Source"}
_SCHEMES: Mapping[Scheme, tuple[str, str]] = {
    Scheme.LIGHT: ("Light", ""),
    Scheme.DARK: ("Dark", "Dark: the client uses the dark colors of the e-mail, as Apple Mail does."),
    Scheme.FORCED: (
        "Forced dark",
        "Forced dark: the lightness of every color is inverted, as Gmail on iOS and Outlook on Windows do. This is "
        "an approximation, because those clients cannot run here.",
    ),
    Scheme.OUTLOOK: (
        "Outlook dark",
        "Outlook dark: inline colors are inverted and the rules of the e-mail for Outlook apply, as in Outlook on the "
        "web. This is an approximation, because the client cannot run here.",
    ),
}
_STRIPPED = "Style blocks are removed, as Gmail does for accounts of other providers."


def simulation_view(choice: Choice, link: Link) -> SimulationView:
    """Return the switches for width, color scheme and style blocks, with a note on the chosen ones."""
    notes = [_SCHEMES[choice.scheme][1], _STRIPPED if choice.stripped else ""]
    return SimulationView(
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
            LinkOption(link=link(stripped=True), label="Removed", chosen=choice.stripped, note=_STRIPPED),
        ),
        note=" ".join(filter(None, notes)),
    )


def fault_view(session: PreviewSession, choice: Choice, rendered: RenderedMail[Any], link: Link) -> FaultView | None:
    """Return the error in the templates; None without one."""
    fault = rendered.fault
    if fault is None:
        return None
    return FaultView(
        file=fault.file,
        line=fault.line,
        reason=fault.reason,
        excerpt=fault.excerpt,
        good=link(good=True) if session.renderer.has_good else "",
        shows_good=choice.good and rendered.outcome is not None,
    )


@dataclass(frozen=True, kw_only=True)
class ResultPresenter:
    """Presents the issue of one choice, with the URLs of related choices."""

    session: PreviewSession
    seen: PreviewedIssue

    @property
    def choice(self) -> Choice:
        return self.seen.choice

    def link(self, **changes: object) -> str:
        """Return the URL of the same page with these changes."""
        return self.session.root + self.choice.query(**changes)

    def view(self) -> ResultView:
        """Return the result as the template shows it."""
        seen, choice = self.seen, self.choice
        return ResultView(
            version=self.session.renderer.version,
            summary=_summary(seen),
            compare=self._compare() if seen.is_changed and choice.who and not seen.wrong else "",
            profile_faults=seen.wrong,
            fault=fault_view(self.session, choice, seen.rendered, self.link),
            skipped=str(seen.decided.skip) if seen.decided and seen.decided.skip else "",
            mail=self._mail(seen.rendered.outcome) if seen.rendered.outcome else None,
            parts=tuple(
                LinkOption(link=self.link(show=show), label=label, chosen=show is choice.show)
                for show, label in SHOWS.items()
            ),
            simulation=simulation_view(choice, self.link),
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
            plain_name=f"{SHOWS[show]} of the e-mail",
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
    """Return the relay that a test is sent through. Raise UsageError for an unknown one."""
    if by == INBOX and session.inbox_relay:
        return session.inbox_relay
    if by in ("", RELAY):
        return session.settings.smtp
    raise UsageError(f"by={by[:20]}: there is no such relay")


def _summary(seen: PreviewedIssue) -> str:
    """Return a summary such as "10 picks from 197 new papers; ranked 600 papers in 43 ms."."""
    if seen.decided is None:
        return "The profile is not valid."
    ranking, ranked = seen.decided.ranking, len(seen.decided.papers)
    picks = _count(len(ranking.picks), "pick")
    trending = f" and {len(ranking.trending)} trending" if ranking.trending else ""
    milliseconds = max(1, round(1000 * seen.seconds))
    return (
        f"{picks}{trending} from {_count(ranking.considered, 'new paper')}; ranked {_count(ranked, 'paper')} and "
        f"rendered the e-mail in {milliseconds} ms."
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
