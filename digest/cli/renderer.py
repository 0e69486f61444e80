"""The press as the settings want it: templates and theme loaded, the shell compiled."""

from __future__ import annotations

from digest.fetching.templates import load_templates
from digest.rendering import MailRenderer
from digest.runs.issues.compose import masthead
from digest.settings import Settings


def load_renderer(settings: Settings) -> MailRenderer:
    """Return the press. Raise TemplateError or ConfigurationError naming what is wrong with a template."""
    return MailRenderer.load(
        load_templates(settings.templates.folder), masthead(settings.sender), settings.templates.theme
    )
