"""The press: one issue -> its rendering, as a join of pieces made before."""

from __future__ import annotations

from collections.abc import Mapping

from digest.errors import TemplateError
from digest.issues import Issue
from digest.papers import Paper
from digest.rendering import headline
from digest.rendering.body import lay_out
from digest.rendering.escaping import kept_piece, piece
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
    """Everything of one language that does not change."""

    def __init__(self, templates: Templates, masthead: Masthead, theme: Theme) -> None:
        self.wording = templates.wording
        self._with_web = Layout(templates, masthead, theme, web=True)
        self._without_web = Layout(templates, masthead, theme, web=False)
        self.letters = TransactionalMails(templates, masthead, theme, self.layout)

    def layout(self, links: IssueLinks) -> Layout:
        """Return the layout with web pages to link to, or without."""
        return self._with_web if links.manage else self._without_web


class MailRenderer:
    """Renders issues of one sender in one theme. Everything that does not change is prepared once."""

    def __init__(self, texts: Mapping[str, str], masthead: Masthead, theme: Theme) -> None:
        self._texts, self._masthead, self._theme = texts, masthead, theme
        self._languages = read_catalogues({n: text for n, text in texts.items() if n.startswith("mail/")})
        self._editions: dict[str, LanguageEdition] = {}
        self._edition(SOURCE_LANGUAGE)

    @property
    def letters(self) -> TransactionalMails:
        """The single mails in English."""
        return self.transactional_in(SOURCE_LANGUAGE)

    def transactional_in(self, language: str) -> TransactionalMails:
        """Return the single mails in a language; in English where there is no translation."""
        return self._edition(language).letters

    @classmethod
    def load(cls, templates: Mapping[str, str], masthead: Masthead, theme: str = "default") -> MailRenderer:
        """Return a press for templates by name ("mail/issue.mjml"). Raise TemplateError: file, line, reason."""
        file = f"theme/{theme}.toml"
        if file not in templates:
            raise TemplateError(file, None, "is not there")
        for name in sorted(templates):
            if name.startswith("mail/") and name.endswith(".mjml") and not name.startswith("mail/_"):
                check(name, templates)
        return cls(templates, _clean(masthead), read_theme(templates[file], file))

    def issue(self, issue: Issue, papers: Mapping[int, Paper], reader: Addressee, links: IssueLinks) -> Rendering:
        """Return the issue as this reader gets it, in at most 92,000 octets of HTML.

        Raise MessageError when a paper of the issue is missing.
        """
        edition = self._edition(reader.language)
        layout, wording = edition.layout(links), edition.wording
        body = lay_out(layout, issue, papers, links, layout.room)
        titles = [card.title for card in body.cards]
        lead = headline.summary(issue, sum([card.words for card in body.cards]), wording)
        subject, preheader = headline.subject(issue, titles, wording), headline.preheader(titles, lead)
        head = kept_piece(subject), piece(preheader), kept_piece(headline.heading(issue, wording)), kept_piece(lead)
        urls = piece(links.unsubscribe), kept_piece(links.manage), piece(links.pause), piece(links.view)
        html, text = layout.around(body.html, body.text, Words(*head, piece(neutralized(reader.address)), *urls))
        return Rendering(subject=subject, preheader=preheader, html_pieces=html, text_pieces=text)

    def _edition(self, language: str) -> LanguageEdition:
        """Return what is prepared for a language, made when its first reader comes."""
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
