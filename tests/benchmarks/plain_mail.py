"""The plain way to render an issue, for comparison: Jinja for each card and shell, EmailMessage for the bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from markupsafe import Markup, escape

from digest.issues import Issue, Pick
from digest.papers import Paper
from digest.rendering import IssueLinks, Masthead
from digest.rendering.excerpts import beginning
from digest.rendering.headline import heading, preheader, subject, summary
from digest.rendering.inputs import CardInput, ChipInput, IssueInput, MatchInput, SectionInput
from digest.rendering.paper_details import author_line, details_line, venue_line
from digest.rendering.paper_links import paper_links
from digest.rendering.reasons import label, reasons_in_favour
from digest.rendering.sections import sections
from digest.rendering.templates import Templates
from digest.rendering.theme import Theme


@dataclass(frozen=True)
class PlainRenderer:
    """Renders every template for every subscriber."""

    templates: Templates
    theme: Theme
    masthead: Masthead

    def mail(
        self, issue: Issue, papers: Mapping[int, Paper], links: IssueLinks, address: str
    ) -> tuple[str, str, bytes]:
        """Return the HTML, the text and the bytes of the issue's mail."""
        titles = [papers[pick.paper].title for pick in issue.picks]
        message = EmailMessage(policy=SMTP)
        for name, value in self._header(address, subject(issue, titles), links).items():
            message[name] = value
        text, html = (self._part(issue, papers, links, address, kind) for kind in ("txt", "html"))
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return html, text, message.as_bytes()

    def _header(self, address: str, subject_text: str, links: IssueLinks) -> dict[str, str]:
        """The same fields as the program writes."""
        return {
            "From": f"{self.masthead.name} <{self.masthead.address}>",
            "To": address,
            "Subject": subject_text,
            "Date": formatdate(),
            "Message-ID": "<1@example.org>",
            "List-Id": f"{self.masthead.name} <digest.example.org>",
            "List-Unsubscribe": f"<{links.unsubscribe}>, <mailto:digest@example.org?subject=unsubscribe>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Precedence": "bulk",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        }

    def _part(self, issue: Issue, papers: Mapping[int, Paper], links: IssueLinks, address: str, kind: str) -> str:
        body = []
        for name, picks in sections(issue.picks):
            if name:
                given = SectionInput(theme=self.theme, name=name)
                body.append(self.templates.render(f"mail/section.{kind}", given))
            body += [self._card(pick, papers[pick.paper], links, kind) for pick in picks]
        titles, lead = [papers[pick.paper].title for pick in issue.picks], summary(issue, 500)
        shell = IssueInput(
            masthead=self.masthead,
            theme=self.theme,
            web=True,
            language="en",
            subject=subject(issue, titles),
            preheader=preheader(titles, lead),
            heading=heading(issue),
            lead=lead,
            body=Markup("".join(body)),
            address=address,
            unsubscribe=links.unsubscribe,
            manage=links.manage,
            pause=links.pause,
            view=links.view,
        )
        return self.templates.render("mail/issue.mjml" if kind == "html" else "mail/issue.txt", shell)

    def _card(self, pick: Pick, paper: Paper, links: IssueLinks, kind: str) -> str:
        found, names = paper_links(paper), tuple(map(label, reasons_in_favour(pick.reasons)))
        given = CardInput(
            theme=self.theme,
            web=True,
            title=paper.title,
            authors=author_line(paper.authors, affiliations=paper.affiliations),
            venue=venue_line(paper),
            details=details_line(paper),
            excerpt=beginning(paper.abstract),
            read=found.read,
            read_label="Read" if found.found else "Find",
            pdf=found.pdf,
            code=found.code,
            project=found.project,
            match=self._match(pick) if kind == "html" else f"{pick.match}% match",
            chips=self._chips(names) if kind == "html" else f": {', '.join(names)}",
            up=f"{links.vote}/{pick.paper}/up",
            down=f"{links.vote}/{pick.paper}/down",
            number=" 1",
        )
        return self.templates.render(f"mail/card.{kind}", given)

    def _match(self, pick: Pick) -> str:
        return Markup(self.templates.render("mail/match.html", MatchInput(theme=self.theme, match=pick.match)))

    def _chips(self, names: tuple[str, ...]) -> str:
        chips = [self.templates.render("mail/chip.html", ChipInput(theme=self.theme, label=name)) for name in names]
        return Markup("").join(map(Markup, chips)) if chips else escape("")
