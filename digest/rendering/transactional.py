"""Transactional mail: confirmation, management link, welcome, and the operator's report."""

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

MAX_LINES = 50  #: of listings and of problems in a report; the rest is counted
_LONGEST_LINE = 300  # characters


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The sample issue in a welcome message."""

    issue: Issue
    papers: Mapping[int, Paper]


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """The figures of a run for the operator's report."""

    day: str  #: "Thursday, 13 March"
    deliveries: Mapping[str, int]  #: "sent", "deferred", … and how many
    skipped: Mapping[str, int]  #: reason and number of subscribers
    listings: Mapping[str, int]  #: origin and number of papers
    problems: Sequence[str]  #: sentences about unreadable sources and unreachable people


class TransactionalMails:
    """Renders the transactional mail of one sender in one theme."""

    def __init__(
        self, templates: Templates, masthead: Masthead, theme: Theme, layout: Callable[[IssueLinks], Layout]
    ) -> None:
        self._templates, self._masthead, self._theme, self._layout = templates, masthead, theme, layout
        self._wording = templates.wording

    def confirm(self, link: str, *, hours: int, group: str = "") -> Rendering:
        """Return the message that asks to confirm a sign-up or the invitation by a group."""
        name, wording = neutralized(group), self._wording
        subject = wording.gettext("Confirm your subscription to %(digest)s", digest=self._masthead.name)
        if name:
            group_name = shortened(name, 40)
            subject = wording.gettext(
                "Confirm your subscription to %(digest)s for %(group)s", digest=self._masthead.name, group=group_name
            )
        given = ConfirmInput(
            masthead=self._masthead,
            theme=self._theme,
            language=wording.language,
            subject=subject,
            preheader=wording.gettext("After that, you receive new papers that match your keywords."),
            heading=wording.gettext("Confirm your subscription"),
            link=link,
            hours=hours,
            group=name,
        )
        return self._render("confirm", given)

    def manage(self, link: str, *, hours: int) -> Rendering:
        """Return the message with the link to manage a subscription."""
        wording = self._wording
        given = ManageInput(
            masthead=self._masthead,
            theme=self._theme,
            language=wording.language,
            subject=wording.gettext("Manage your subscription to %(digest)s", digest=self._masthead.name),
            preheader=wording.ngettext("The link works for one hour.", "The link works for %(num)s hours.", hours),
            heading=wording.gettext("Manage your subscription"),
            link=link,
            hours=hours,
        )
        return self._render("manage", given)

    def welcome(
        self,
        address: str,
        links: IssueLinks,
        *,
        first_issue: date | None = None,
        keywords: Iterable[str] = (),
        preview: Preview | None = None,
    ) -> Rendering:
        """Return the welcome message, with the papers of a sample issue if there is one."""
        shown = preview and (preview.issue.picks or preview.issue.trending)
        wording, day = self._wording, self._wording.long_date(first_issue) if first_issue else ""
        with_sample = wording.gettext("You are subscribed. Below are recent papers that match your keywords.")
        soon = wording.gettext("Your first issue arrives soon.")
        given = WelcomeInput(
            masthead=self._masthead,
            theme=self._theme,
            language=wording.language,
            subject=wording.gettext("Welcome to %(digest)s", digest=self._masthead.name),
            preheader=wording.gettext("Your first issue arrives on %(day)s.", day=day) if day else soon,
            heading=wording.gettext("Welcome"),
            lead=with_sample if shown else wording.gettext("You are subscribed."),
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
            return self._render("welcome", given)
        body = lay_out(self._layout(links), preview.issue, preview.papers, links, HTML_BOUND // 2)
        return self._render("welcome", given, body)

    def report(self, figures: RunFigures) -> Rendering:
        """Return the operator's report of a run, which is in English."""
        sent, failed = figures.deliveries.get("sent", 0), figures.deliveries.get("failed", 0)
        summary = f"{count(sent, 'message')} sent, {failed:,} failed, {count(len(figures.problems), 'problem')}"
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
        return self._render("report", given)

    def _render(self, name: str, given: TransactionalInput, body: Body | None = None) -> Rendering:
        rich, plain = (
            EncodedTemplate(self._templates.render(f"mail/{name}.{kind}", given)) for kind in ("mjml", "txt")
        )
        return Rendering(
            subject=given.subject,
            preheader=given.preheader,
            html_fragments=rich.fill({"body": body.html if body else []}),
            text_fragments=plain.fill({"body": body.text if body else []}),
        )


def _figures(numbers: Mapping[str, int]) -> tuple[Figure, ...]:
    shown = list(numbers.items())[:MAX_LINES]
    figures = [Figure(label=shortened(neutralized(label), 120), value=f"{number:,}") for label, number in shown]
    if len(numbers) > MAX_LINES:
        figures.append(Figure(label=f"and {len(numbers) - MAX_LINES:,} more", value=""))
    return tuple(figures)


def _lines(texts: Sequence[str]) -> tuple[str, ...]:
    lines = [shortened(neutralized(text), _LONGEST_LINE) for text in texts[:MAX_LINES]]
    return tuple(lines) if len(texts) <= MAX_LINES else (*lines, f"and {len(texts) - MAX_LINES:,} more")
