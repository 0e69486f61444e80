"""The press as the settings want it: templates and theme loaded, the shell compiled."""

from __future__ import annotations

from digest.fetching.templates import load_templates
from digest.rendering import Press
from digest.runs.compose import masthead
from digest.settings import Settings


def load_press(settings: Settings) -> Press:
    """Gives the press. Raises TemplateError or ConfigurationError naming what is wrong with a template."""
    return Press.load(load_templates(settings.templates.folder), masthead(settings.sender), settings.templates.theme)
