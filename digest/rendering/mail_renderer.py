"""The mail renderer: one issue -> its rendering, joined from prepared fragments."""

from __future__ import annotations

from collections.abc import Mapping

from digest.errors import TemplateError
from digest.issues import Issue
from digest.papers import Paper
from digest.rendering import headline
from digest.rendering.body import lay_out
from digest.rendering.escaping import cached_fragment, encoded_fragment
from digest.rendering.inputs import Addressee, IssueLinks, Masthead
from digest.rendering.languages import SOURCE_LANGUAGE, read_catalogues
from digest.rendering.layout import Layout, Words
from digest.rendering.mjml_lint import check
from digest.rendering.neutralizing import neutralized
from digest.rendering.result import Rendering
from digest.rendering.templates import Templates
from digest.rendering.theme import Theme, read_theme
from digest.rendering.transactional import TransactionalMails
from digest.rendering.wording import Wording


class LanguageEdition:
    """Everything that is prepared for one language."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme) -> None:
        self.wording = templates.wording
        self._with_web = Layout(templates, masthead, theme, web=True)
        self._without_web = Layout(templates, masthead, theme, web=False)
        self.transactional = TransactionalMails(templates, masthead, theme, self.layout)

    def layout(self, links: IssueLinks) -> Layout:
        """Return the layout with links to web pages, or the one without."""
        return self._with_web if links.manage else self._without_web


class MailRenderer:
    """Renders the messages of one sender in one theme. Everything that does not change is prepared once."""

    def __init__(self, texts: Mapping[str, str], masthead: Masthead, theme: Theme) -> None:
        self._texts, self._masthead, self._theme = texts, masthead, theme
        self._languages = read_catalogues({n: text for n, text in texts.items() if n.startswith("mail/")})
        self._editions: dict[str, LanguageEdition] = {}
        self._edition(SOURCE_LANGUAGE)

    @property
    def transactional(self) -> TransactionalMails:
        """The transactional mail in English."""
        return self.transactional_in(SOURCE_LANGUAGE)

    def transactional_in(self, language: str) -> TransactionalMails:
        """Return the transactional mail in a language, or in English if there is no translation."""
        return self._edition(language).transactional

    @classmethod
    def load(cls, templates: Mapping[str, str], masthead: Masthead, theme: str = "default") -> MailRenderer:
        """Return a renderer for templates by name ("mail/issue.mjml"). Raise TemplateError with its file and line."""
        file = f"theme/{theme}.toml"
        if file not in templates:
            raise TemplateError(file, None, "is not there")
        for name in sorted(templates):
            if name.startswith("mail/") and name.endswith(".mjml") and not name.startswith("mail/_"):
                check(name, templates)
        return cls(templates, _clean(masthead), read_theme(templates[file], file))

    def issue(self, issue: Issue, papers: Mapping[int, Paper], reader: Addressee, links: IssueLinks) -> Rendering:
        """Return the issue for this reader, in at most 92,000 octets of HTML.

        Raise MessageError when a paper of the issue is missing.
        """
        edition = self._edition(reader.language)
        layout, wording = edition.layout(links), edition.wording
        body = lay_out(layout, issue, papers, links, layout.room)
        titles = [card.title for card in body.cards]
        lead = headline.summary(issue, sum([card.words for card in body.cards]), wording)
        subject, preheader = headline.subject(issue, titles, wording), headline.preheader(titles, lead)
        head = (
            cached_fragment(subject),
            encoded_fragment(preheader),
            cached_fragment(headline.heading(issue, wording)),
            cached_fragment(lead),
        )
        urls = (
            encoded_fragment(links.unsubscribe),
            cached_fragment(links.manage),
            encoded_fragment(links.pause),
            encoded_fragment(links.view),
        )
        html, text = layout.around(
            body.html, body.text, Words(*head, encoded_fragment(neutralized(reader.address)), *urls)
        )
        return Rendering(subject=subject, preheader=preheader, html_fragments=html, text_fragments=text)

    def _edition(self, language: str) -> LanguageEdition:
        """Return the edition of a language, prepared for its first reader."""
        if language in self._editions:
            return self._editions[language]
        code = language if language in self._languages.codes else SOURCE_LANGUAGE
        found = self._editions.get(code)
        if found is None:
            wording = Wording(language=code, catalogue=self._languages.catalogue(code))
            found = self._editions[code] = LanguageEdition(Templates(self._texts, wording), self._masthead, self._theme)
        return found


def _clean(masthead: Masthead) -> Masthead:
    return Masthead(
        name=neutralized(masthead.name), address=neutralized(masthead.address), postal=neutralized(masthead.postal)
    )
