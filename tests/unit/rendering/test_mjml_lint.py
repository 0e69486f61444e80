import pytest

from digest.errors import TemplateError
from digest.fetching.templates import load_templates
from digest.rendering.mjml_lint import check, findings

SHIPPED = [name for name in load_templates() if name.endswith(".mjml") and "/_" not in name]


def document(body: str = "", head: str = '<mj-attributes><mj-all font-family="Arial" /></mj-attributes>') -> str:
    return f'<mjml lang="en" dir="ltr">\n<mj-head>{head}</mj-head>\n<mj-body>\n{body}\n</mj-body>\n</mjml>'


def column(content: str) -> str:
    return document(f"<mj-section><mj-column>{content}</mj-column></mj-section>")


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_template_has_no_mistake(name: str) -> None:
    assert findings(name, load_templates()) == []


@pytest.mark.parametrize(
    ("source", "line", "reason"),
    [
        pytest.param(column("<mj-foo></mj-foo>"), 4, "<mj-foo> is not an MJML element", id="unknown-tag"),
        pytest.param(column('<mj-text colour="x">a</mj-text>'), 4, "no attribute 'colour'", id="unknown-attribute"),
        pytest.param(column('<mj-text align="middle">a</mj-text>'), 4, "'middle' is not one of left", id="bad-choice"),
        pytest.param(column('<mj-text padding="10">a</mj-text>'), 4, "'10' is not a length", id="length-without-unit"),
        pytest.param(
            column("\n<mj-text>\n<p style='font-family:Roboto'>a</p></mj-text>"), 6, "the font Roboto", id="google-font"
        ),
        pytest.param(
            document("<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section>", head=""),
            4,
            "asks Google for Ubuntu",
            id="default-font",
        ),
        pytest.param(column("<mj-table></mj-table>"), 4, "drops role", id="table-without-role"),
        pytest.param(document("<mj-text>a</mj-text>"), 4, "it belongs in <mj-column>", id="wrong-place"),
        pytest.param(document("<mj-section>"), 4, "<mj-section> is not closed", id="left-open"),
        pytest.param(document("</mj-section>"), 4, "closes nothing", id="closed-twice"),
        pytest.param("<mjml>\n<mj-body></mj-body></mjml>", 1, "needs lang and dir", id="no-language"),
    ],
)
def test_a_mistake_is_named_with_its_line(source: str, line: int, reason: str) -> None:
    found = findings("mail/x.mjml", {"mail/x.mjml": source})
    assert [(finding.file, finding.line) for finding in found] == [("mail/x.mjml", line)]
    assert reason in found[0].reason


def test_a_mistake_in_an_included_file_is_named_there() -> None:
    templates = {
        "mail/x.mjml": document('<mj-include path="_part.mjml" />'),
        "mail/_part.mjml": "\n<mj-section>\n<mj-colum></mj-colum>\n</mj-section>",
    }
    (found,) = findings("mail/x.mjml", templates)
    assert (found.file, found.line) == ("mail/_part.mjml", 3)


def test_jinja_tags_are_no_mistakes() -> None:
    source = column('<mj-text color="{{ a }}" padding="{{ b }}">{% if c %}<br>{% endif %}{{ d }}</mj-text>')
    assert findings("mail/x.mjml", {"mail/x.mjml": source}) == []


def test_lines_stay_right_below_a_tag_of_several_lines() -> None:
    source = document("{#\n\n#}<mj-foo></mj-foo>")
    assert [finding.line for finding in findings("mail/x.mjml", {"mail/x.mjml": source})] == [6]


def test_the_first_mistake_is_raised_with_file_line_and_reason() -> None:
    with pytest.raises(TemplateError, match=r"mail/x\.mjml, line 4: <mj-foo> is not an MJML element"):
        check("mail/x.mjml", {"mail/x.mjml": document("<mj-foo></mj-foo>")})
