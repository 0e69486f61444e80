import pytest
from jinja2 import Environment, StrictUndefined

from digest.errors import TemplateError
from digest.rendering.mjml import assembled, compiled

SHELL = """<mjml lang="en" dir="ltr"><mj-head><mj-title>{{ title }}</mj-title>
<mj-attributes><mj-all font-family="Arial" /></mj-attributes></mj-head>
<mj-body><mj-section><mj-column>
%s
</mj-column></mj-section></mj-body></mjml>"""
EVIL = '"><script>alert(1)</script>&quot;&lt;'


@pytest.mark.parametrize(
    "place",
    [
        pytest.param("<mj-text>{{ title }}</mj-text>", id="text"),
        pytest.param('<mj-text><a href="{{ title }}">x</a></mj-text>', id="href"),
        pytest.param('<mj-button href="{{ title }}">x</mj-button>', id="button"),
        pytest.param('<mj-image src="https://example.org/x" alt="{{ title }}" width="10px" />', id="alt"),
        pytest.param('<mj-text css-class="{{ title }}">x</mj-text>', id="class"),
        pytest.param("<mj-raw>{{ title }}</mj-raw>", id="raw"),
    ],
)
def test_data_stays_escaped_wherever_its_tag_stands(place: str) -> None:
    template = compiled("x.mjml", {"x.mjml": SHELL % place})
    html = Environment(autoescape=True, undefined=StrictUndefined).from_string(template).render(title=EVIL)
    assert "<script>" not in html
    assert html.count("&#34;&gt;&lt;script&gt;") >= 2


def test_tags_of_several_lines_with_brackets_come_through() -> None:
    template = compiled("x.mjml", {"x.mjml": SHELL % '<mj-raw>{% if a < b and\n"</mj-raw>" %}yes{% endif %}</mj-raw>'})
    assert '{% if a < b and\n"</mj-raw>" %}yes{% endif %}' in template


def test_a_tag_that_the_compiler_drops_is_named_with_its_line() -> None:
    source = (SHELL % "<mj-text>a</mj-text>").replace("<mj-body>", "<mj-body>\n{{ lost }}")
    with pytest.raises(TemplateError, match=r"x\.mjml, line 4: \{\{ lost \}\} is lost"):
        compiled("x.mjml", {"x.mjml": source})


@pytest.mark.parametrize(
    "content",
    [
        '<mj-raw><link rel="stylesheet" href="https://example.org/a.css"></mj-raw>',
        "<mj-raw><style>@import 'https://example.org/a.css';</style></mj-raw>",
        '<mj-text><p style="background:url(https://example.org/a.png)">x</p></mj-text>',
    ],
    ids=["link", "import", "background"],
)
def test_a_template_that_fetches_from_the_web_is_refused(content: str) -> None:
    with pytest.raises(TemplateError, match="fetches"):
        compiled("x.mjml", {"x.mjml": SHELL % content})


def test_includes_are_read_in_place_with_their_own_lines() -> None:
    templates = {"mail/a.mjml": 'one\n<mj-include path="b.mjml" />\nfour', "mail/b.mjml": "two\nthree"}
    lines = [(line.file, line.number, line.text) for line in assembled("mail/a.mjml", templates)]
    assert lines == [
        ("mail/a.mjml", 1, "one"),
        ("mail/b.mjml", 1, "two"),
        ("mail/b.mjml", 2, "three"),
        ("mail/a.mjml", 3, "four"),
    ]


@pytest.mark.parametrize(
    ("templates", "reason"),
    [
        pytest.param({"mail/a.mjml": '<mj-include path="b.mjml" />'}, "which is not there", id="missing"),
        pytest.param({"mail/a.mjml": '<mj-include path="a.mjml" />'}, "includes it in turn", id="itself"),
    ],
)
def test_an_include_that_cannot_be_read_is_named(templates: dict[str, str], reason: str) -> None:
    with pytest.raises(TemplateError, match=rf"mail/a\.mjml, line 1: .*{reason}"):
        assembled("mail/a.mjml", templates)
