"""Rendering: an issue and its papers -> subject, preheader, HTML and text parts. Sends nothing."""

from digest.rendering.inputs import Addressee, IssueLinks, Masthead
from digest.rendering.mail_renderer import MailRenderer
from digest.rendering.result import Rendering
from digest.rendering.transactional import Preview, RunFigures

__all__ = ["Addressee", "IssueLinks", "MailRenderer", "Masthead", "Preview", "Rendering", "RunFigures"]
