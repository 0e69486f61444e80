import pytest

from digest.errors import TemplateError
from digest.fetching.templates import load_templates
from digest.rendering.theme import contrast, read_theme

DEFAULT = load_templates()["theme/default.toml"]


@pytest.mark.parametrize("name", [name for name in load_templates() if name.startswith("theme/")])
def test_a_shipped_theme_can_be_read(name: str) -> None:
    theme = read_theme(load_templates()[name], name)
    assert theme.light != theme.dark


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(('ink = "#1d1c1a"', 'ink = "#cccccc"'), "light.ink on light.card has a contrast", id="faint"),
        pytest.param(('ink = "#1d1c1a"', 'ink = "black"'), "not of the form #rrggbb", id="not-a-colour"),
        pytest.param(('ink = "#1d1c1a" ', ""), "not TOML|light.ink is missing", id="missing"),
        pytest.param(("[light]", '[light]\nshadow = "#000000"'), "light.shadow is not a colour", id="unknown-colour"),
        pytest.param(("[light]", 'size = "big"\n[light]'), "'size' is not a part", id="unknown-part"),
        pytest.param(('font = "', 'font = "x;} </style>'), "font: .* is not a list of font names", id="hostile-font"),
        pytest.param(("[light]", "[light"), "is not TOML", id="not-toml"),
    ],
)
def test_a_faulty_theme_is_refused_with_its_reason(change: tuple[str, str], reason: str) -> None:
    with pytest.raises(TemplateError, match=rf"theme/x\.toml: .*({reason})"):
        read_theme(DEFAULT.replace(*change), "theme/x.toml")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#ffffff", "#ffffff", 1.0), ("#777777", "#ffffff", 4.48)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.01)
