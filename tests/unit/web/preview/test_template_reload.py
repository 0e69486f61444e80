"""The mail renderer that reloads: new templates at once, faults by file and line, the last good ones kept."""

from __future__ import annotations

import pytest

from digest.errors import ConfigurationError
from digest.fetching.templates import load_templates
from digest.rendering import MailRenderer, Masthead
from digest.rendering.sample_mails import sample_mails
from digest.web.preview.template_reload import ReloadingRenderer

SHIPPED = dict(load_templates())
PRINT = sample_mails(SHIPPED)[0].render


@pytest.fixture
def texts() -> dict[str, str]:
    return dict(SHIPPED)


@pytest.fixture
def watched(texts: dict[str, str]) -> ReloadingRenderer:
    masthead = Masthead(name="Paper Digest", address="digest@example.org")
    return ReloadingRenderer(lambda: texts, masthead, "default")


def test_an_edited_template_is_printed_and_has_another_version(
    watched: ReloadingRenderer, texts: dict[str, str]
) -> None:
    before, version = watched.render(PRINT).outcome, watched.version
    texts["mail/card.html"] = texts["mail/card.html"].replace("{{ title }}", "{{ title }}!!")
    after = watched.render(PRINT).outcome
    assert before is not None
    assert after is not None
    assert "!!" in after.html
    assert "!!" not in before.html
    assert watched.version != version


def test_templates_that_stay_the_same_are_compiled_once(watched: ReloadingRenderer) -> None:
    renderers: list[MailRenderer] = []
    watched.render(renderers.append)
    watched.render(renderers.append)
    assert renderers[0] is renderers[1]


FAULTS = {
    "a tag that closes nothing": ("mail/card.html", "{% endif %}\n", 1),
    "an input that the text part has not": ("mail/issue.txt", "\n{{ colour_of_the_bikeshed }}\n", 2),
    "an input that the shell has not": ("mail/_footer.mjml", "<mj-raw>{{ colour_of_the_bikeshed }}</mj-raw>\n", 1),
    "an input that there is not": ("mail/card.html", "<p>{{ colour_of_the_bikeshed }}</p>\n", 1),
    "a tag that MJML has not": ("mail/issue.mjml", "<mj-blink>x</mj-blink>\n", 1),
}


@pytest.mark.parametrize(("file", "mistake", "line"), FAULTS.values(), ids=FAULTS.keys())
def test_a_mistake_is_named_by_file_and_line_with_the_line_itself(
    file: str, mistake: str, line: int, watched: ReloadingRenderer, texts: dict[str, str]
) -> None:
    good = watched.render(PRINT).outcome
    texts[file] = mistake + texts[file]
    rendered = watched.render(PRINT)
    assert rendered.outcome is None
    assert rendered.fault is not None
    assert (rendered.fault.file, rendered.fault.line) == (file, line)
    assert [row.text for row in rendered.fault.excerpt if row.faulty] == [mistake.strip()]
    last = watched.render(PRINT, good=True)
    assert last.outcome == good
    assert last.fault == rendered.fault


def test_without_templates_that_ever_worked_there_is_no_good_one(
    watched: ReloadingRenderer, texts: dict[str, str]
) -> None:
    texts["mail/card.html"] = "{% if x %}"
    assert watched.render(PRINT, good=True).outcome is None
    assert not watched.has_good


def test_a_fixed_template_is_rendered_again(watched: ReloadingRenderer, texts: dict[str, str]) -> None:
    card = texts["mail/card.html"]
    texts["mail/card.html"] = "{{"
    assert watched.render(PRINT).fault is not None
    texts["mail/card.html"] = card
    assert watched.render(PRINT).fault is None


def test_a_folder_that_cannot_be_read_is_a_fault_and_no_end() -> None:
    def load() -> dict[str, str]:
        raise ConfigurationError("card.html: is not UTF-8")

    watched = ReloadingRenderer(load, Masthead(name="Paper Digest", address="digest@example.org"), "default")
    fault = watched.render(PRINT).fault
    assert fault is not None
    assert "not UTF-8" in fault.reason
