"""The single mails beside the issues: confirm, manage, welcome, and the operator's report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from digest.issues import Issue
from digest.papers import Paper
from digest.rendering.body import Body, lay_out
from digest.rendering.encoded_text import EncodedTemplate
from digest.rendering.excerpts import shortened
from digest.rendering.headline import count
from digest.rendering.inputs import IssueLinks, Masthead
from digest.rendering.layout import HTML_BOUND, Layout
from digest.rendering.neutralizing import neutralized
from digest.rendering.result import Rendering
from digest.rendering.templates import Templates
from digest.rendering.theme import Theme
from digest.rendering.transactional_inputs import (
    ConfirmInput,
    Figure,
    ManageInput,
    ReportInput,
    TransactionalInput,
    WelcomeInput,
)

MOST_LINES = 50  #: of listings and of problems in a report; the rest is counted
_LONGEST_LINE = 300  # characters


@dataclass(frozen=True, kw_only=True)
class Preview:
    """An issue that a welcome shows."""

    issue: Issue
    papers: Mapping[int, Paper]


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """What the operator's report tells of a run."""

    day: str  #: "Thursday, 13 March"
    deliveries: Mapping[str, int]  #: "sent", "deferred", … and how many
    skipped: Mapping[str, int]  #: reason, and how many subscribers
    listings: Mapping[str, int]  #: origin, and how many papers
    problems: Sequence[str]  #: sentences: what could not be read, who could not be reached


class TransactionalMails:
    """Renders the single mails of one sender in one theme."""

    def __init__(
        self, templates: Templates, masthead: Masthead, theme: Theme, layout: Callable[[IssueLinks], Layout]
    ) -> None:
        self._templates, self._masthead, self._theme, self._layout = templates, masthead, theme, layout
        self._wording = templates.wording

    def confirm(self, link: str, *, hours: int, group: str = "") -> Rendering:
        """Return the mail that asks for a confirmation: of a sign-up, or of the invitation by a group."""
        name, wording = neutralized(group), self._wording
        subject = wording.say("Please confirm: %(digest)s", digest=self._masthead.name)
        if name:
            group_name = shortened(name, 40)
            subject = wording.say(
                "Please confirm: %(digest)s for %(group)s", digest=self._masthead.name, group=group_name
            )
        given = ConfirmInput(
            masthead=self._masthead,
            theme=self._theme,
            language=wording.language,
            subject=subject,
            preheader=wording.say("One click, and the new papers that matter to you come by mail."),
            heading=wording.say("One click to go"),
            link=link,
            hours=hours,
            group=name,
        )
        return self._printed("confirm", given)

    def manage(self, link: str, *, hours: int) -> Rendering:
        """Return the mail with the link to change a subscription."""
        wording = self._wording
        given = ManageInput(
            masthead=self._masthead,
            theme=self._theme,
            language=wording.language,
            subject=wording.say("Your link to manage %(digest)s", digest=self._masthead.name),
            preheader=wording.several("It works for one hour.", "It works for %(num)s hours.", hours),
            heading=wording.say("Your link"),
            link=link,
            hours=hours,
        )
        return self._printed("manage", given)

    def welcome(
        self,
        address: str,
        links: IssueLinks,
        *,
        first_issue: date | None = None,
        keywords: Iterable[str] = (),
        preview: Preview | None = None,
    ) -> Rendering:
        """Return the mail that greets a new subscriber, with the papers that a first issue would have had."""
        shown = preview and (preview.issue.picks or preview.issue.trending)
        wording, day = self._wording, self._wording.long_date(first_issue) if first_issue else ""
        taste = wording.say("Here is what will come, and a first taste of it.")
        soon = wording.say("Your first issue comes soon.")
        given = WelcomeInput(
            masthead=self._masthead,
            theme=self._theme,
            language=wording.language,
            subject=wording.say("Welcome to %(digest)s", digest=self._masthead.name),
            preheader=wording.say("Your first issue comes on %(day)s.", day=day) if day else soon,
            heading=wording.say("Welcome"),
            lead=taste if shown else wording.say("Here is what will come."),
            web=bool(links.manage),
            address=neutralized(address),
            first_issue=day,
            keywords=tuple(shortened(neutralized(keyword), 60) for keyword in keywords),
            unsubscribe=links.unsubscribe,
            manage=links.manage,
            pause=links.pause,
            view=links.view,
        )
        if not (preview and shown):
            return self._printed("welcome", given)
        body = lay_out(self._layout(links), preview.issue, preview.papers, links, HTML_BOUND // 2)
        return self._printed("welcome", given, body)

    def report(self, figures: RunFigures) -> Rendering:
        """Return the operator's report of a run, which is in English."""
        sent, failed = figures.deliveries.get("sent", 0), figures.deliveries.get("failed", 0)
        summary = f"{count(sent, 'mail')} sent, {failed:,} failed, {count(len(figures.problems), 'problem')}"
        given = ReportInput(
            masthead=self._masthead,
            theme=self._theme,
            subject=f"Run of {figures.day}: {summary}",
            preheader=summary,
            heading="Report",
            lead=f"{figures.day} · {summary}",
            deliveries=_figures(figures.deliveries),
            skipped=_figures(figures.skipped),
            listings=_figures(figures.listings),
            problems=_lines(figures.problems),
        )
        return self._printed("report", given)

    def _printed(self, name: str, given: TransactionalInput, body: Body | None = None) -> Rendering:
        rich, plain = (
            EncodedTemplate(self._templates.render(f"mail/{name}.{kind}", given)) for kind in ("mjml", "txt")
        )
        return Rendering(
            subject=given.subject,
            preheader=given.preheader,
            html_pieces=rich.fill({"body": body.html if body else []}),
            text_pieces=plain.fill({"body": body.text if body else []}),
        )


def _figures(numbers: Mapping[str, int]) -> tuple[Figure, ...]:
    shown = list(numbers.items())[:MOST_LINES]
    figures = [Figure(label=shortened(neutralized(label), 120), value=f"{number:,}") for label, number in shown]
    if len(numbers) > MOST_LINES:
        figures.append(Figure(label=f"and {len(numbers) - MOST_LINES:,} more", value=""))
    return tuple(figures)


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    lines = [shortened(neutralized(text), _LONGEST_LINE) for text in texts[:MOST_LINES]]
    return tuple(lines) if len(texts) <= MOST_LINES else (*lines, f"and {len(texts) - MOST_LINES:,} more")
