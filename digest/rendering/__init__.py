"""The press: an issue and its papers -> subject, preheader, HTML and text, ready for the wire. Sends nothing."""

from digest.rendering.inputs import Addressee, IssueLinks, Masthead
from digest.rendering.letters import Preview, RunFigures
from digest.rendering.press import Press
from digest.rendering.result import Rendering

__all__ = ["Addressee", "IssueLinks", "Masthead", "Press", "Preview", "Rendering", "RunFigures"]
