"""The mail renderer of an installation: templates and theme loaded, the shell compiled."""

from __future__ import annotations

from digest.fetching.templates import load_templates
from digest.rendering import MailRenderer
from digest.runs.issues.compose import masthead
from digest.settings import Settings


def load_renderer(settings: Settings) -> MailRenderer:
    """Return the mail renderer. Raise TemplateError or ConfigurationError that names the faulty template."""
    return MailRenderer.load(
        load_templates(settings.templates.folder), masthead(settings.sender), settings.templates.theme
    )
