from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cleaning import clean, clean_abstract, clean_title

READABLE = [
    (r"Oleft(k^{-3} right)", "O(k⁻³)"),
    ("mathbb R^N", "ℝᴺ"),
    ("MoE$^2$", "MoE²"),
    ("8.2times", "8.2×"),
    (r"$8.2\times$ faster", "8.2× faster"),
    (r"50\%", "50%"),
    (r"caf\'e", "café"),
    (r"ans\"{a}tze", "ansätze"),
    (r"Polyak-{\L}ojasiewicz", "Polyak-Łojasiewicz"),
    (r"Mart\'{\i}n, Erd\H{o}s, na\"ive, \v{C}ech", "Martín, Erdős, naïve, Čech"),
    (r"$\frac{1}{2}$ of $\frac{a+b}{c}$", "1/2 of (a+b)/c"),
    ("1{2}", "1/2"),
    ("``quoted'' and `single'", "“quoted” and ‘single’"),
    ("''smart''", "“smart”"),
    (r"\textit{foo}, {\it bar} and \emph{a \textbf{b}}", "foo, bar and a b"),
    (r"\(W\) and \(\Delta W\)", "W and ΔW"),
    (r"$O(n\log n)$", "O(n log n)"),
    (r"$\mathcal{O}(T^{2/3})$", "O(T^(2/3))"),
    (r"$\mathbb{R}^{n\times d}$", "ℝ^(n×d)"),
    ("x_{ij}, T_{max}, W_*", "xᵢⱼ, Tₘₐₓ, W_*"),
    ("10^{-5}, 2^n, 10^12 and d^{0.75}", "10⁻⁵, 2ⁿ, 10¹² and d^0.75"),
    ("ell_1-norm, epsilon^2, lambda_1", "ℓ₁-norm, ε², λ₁"),
    (r"a text~\cite{one}, and \citep[p.~2]{two}", "a text, and"),
    (r"apples\footnote{At \url{https://a.example/b_c}.} fall", "apples (At https://a.example/b_c.) fall"),
    (r"\href{https://a.example/b_c}{our page}", "our page"),
    ("https://a.example/b_c/{https://a.example/b_c/}.", "https://a.example/b_c/."),
    ("README.md{here.}", "README.md."),
    ("url{https://a.example/b_c}", "https://a.example/b_c"),
    (r"https://a.example/b\_c", "https://a.example/b_c"),
    ("Kaplan--Shekhtman", "Kaplan–Shekhtman"),
    ("Mamba~2, see Fig.~3", "Mamba 2, see Fig. 3"),
    (r"$\sim$15 and $\leq$10B", "∼15 and ≤10B"),
    ("75\u200b%\u00ad of\u2028all\x0b\x00 \ufeffthings", "75% of all things"),
    ("e\u0301te\u0301", "été"),
    (r"sum of $\alpha = 3$ and $0.93 \pm 0.05$", "sum of α = 3 and 0.93±0.05"),
    (r"12 $\mathrm{m}^2$, 0.5$^{\circ}$", "12 m², 0.5°"),
    (r"\papername, \eg this", "papername, e.g. this"),
    (r"a $\sigma $-ideal of$\tau$ and (1+{\epsilon})", "a σ-ideal ofτ and (1+ε)"),
    ("10^{10.5}M_{⊙} and 20kms^{-1}", "10^10.5M⊙ and 20kms⁻¹"),
    (r"by $\textbf{4.8}$\% to 5.1$\%", "by 4.8% to 5.1%"),
    (r"$\textbf{MagicID}$ and \textsc{CGD}", "MagicID and CGD"),
]
UNHARMED = [
    "https://a.example/~user/b_c?x=1&y={z}"[:33],
    "see www.a.example/a_b_c and github.example.com/a_b/c-d",
    "rl_reach, max_new_tokens, __init__ and train_v2.py",
    "sim-to-real, state-of-the-art, in-context",
    "the epsilon parameter in Adam, alpha and beta, five times two",
    "costs $5 and $10 per run",
    "from $5-$10 to US$ 3 million, A$7 or $1,000 USD",
    "H&E staining, Q&A, R&D",
    "at ~15%, z~2, 3~5 times",
    "<think> and <answer>, (<1,000 samples), Sigma(<R)",
    "--flag and -v, a - b",
    "the children's toys, the dogs' bowls, 5' end",
    "C++, C#, F# and a@b.example",
    "3_1_23 and left (or right) turns",
    "tau-bench, pi-mode, mu-law, 5 pm",
    "量子 计算, Привет мир, مرحبا",
    "{a, b} and {0, 1}",
    "a|b, a/b, (a) [b], 100 %",
]
RAW_LATEX = re.compile(r"\\[a-zA-Z]+\{|\$[^$\d\s][^$]*\$|mathbb|mathcal|left\(")


@pytest.mark.parametrize(("text", "expected"), READABLE, ids=[text for text, _ in READABLE])
def test_latex_and_its_ruins_become_readable(text: str, expected: str) -> None:
    assert clean(text) == expected


@pytest.mark.parametrize("text", UNHARMED, ids=UNHARMED)
def test_text_that_is_no_latex_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", [text for text, _ in READABLE] + UNHARMED)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.sampled_from(list("ab \\{}$^_~`'\"%&#-012.,()[]é\u0301\u200b")), max_size=200))
def test_any_text_can_be_cleaned_and_comes_out_on_one_clean_line(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert not RAW_LATEX.search(cleaned)


@pytest.mark.parametrize(
    "text",
    ["{" * 50_000, "\\frac" * 20_000, "$" * 50_000, "a_{b" * 20_000, "\\'" * 50_000, "left(" * 20_000, "x^" * 50_000,
     "``" * 50_000, "https://a/{" * 9_000, "a--" * 30_000, "$x" * 50_000, "\\begin{a" * 10_000, "{\\it " * 20_000,
     "\\footnote{{" * 9_000, "\\href{a}{" * 10_000, "mathbb{" * 10_000, "`a" * 50_000, "a_b" * 30_000, "1{" * 50_000],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_hostile_repetition_takes_no_more_than_linear_time(text: str) -> None:
    begun = time.process_time()
    clean(text)
    assert time.process_time() - begun < 10


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("A Title.", "A Title"),
        ("What is e.g. this?", "What is e.g. this?"),
        ("Wait...", "Wait..."),
        ("A vs. B.", "A vs. B."),
    ],
)
def test_a_title_loses_the_full_stop_that_a_source_put_after_it(title: str, expected: str) -> None:
    assert clean_title(title) == expected


@pytest.mark.parametrize(
    ("abstract", "expected"),
    [
        ("Abstract: We show.", "We show."),
        ("ABSTRACT We show.", "We show."),
        ("AbstractWe show.", "We show."),
        ("Abstract We show.", "We show."),
        ("Abstract interpretation is old.", "Abstract interpretation is old."),
        ("Abstract Meaning Representation parses.", "Abstract Meaning Representation parses."),
    ],
)
def test_an_abstract_loses_its_own_heading(abstract: str, expected: str) -> None:
    assert clean_abstract(abstract) == expected


def captured_texts(captures: Path) -> Iterator[str]:
    for page in sorted((captures / "listings").glob("hf_page_text/*.txt")):
        yield from page.read_text().split("\n")
    for records in sorted((captures / "listings").glob("arxiv_api_jsonl/*.jsonl")):
        for record in map(json.loads, records.read_text().splitlines()):
            yield from (record["title"], record["summary"])


def test_no_raw_latex_is_left_in_the_captures_and_cleaning_twice_changes_nothing(captures: Path) -> None:
    cleaned = [clean(text) for text in captured_texts(captures)]
    assert [text for text in cleaned if RAW_LATEX.search(text)] == []
    assert [text for text in cleaned if clean(text) != text] == []


def test_no_address_and_no_identifier_of_the_captured_pages_is_harmed(captures: Path) -> None:
    held = re.compile(r"https?://[^\s{}\\]+(?=\s|$)|\b[a-z]{2,}_[a-z]{2,}\b")
    texts = [text for text in captured_texts(captures) if held.search(text)]
    assert len(texts) > 50
    lost = [word for text in texts for word in held.findall(text) if word.rstrip(".,)") not in clean(text)]
    assert lost == []


REFERENCE_MANAGERS = {
    r"Gains of 5{\%} {\&} more for {\$}3 {\textless} {\$}9": "Gains of 5% & more for $3 < $9",
    r"Core\textendash{}Shell Gates of III\textendash{V} Kind": "Core–Shell Gates of III–V Kind",
    r"Wells of GaN{$\slash$}{AlN} and {\emph{Optimal}} Growth": "Wells of GaN/AlN and Optimal Growth",
    r"Gates$\unicode{x2014}$a survey of S\o{}ren, Nguy\~{\^e}n, Erd\H os and Stra\ss{}e": (
        "Gates—a survey of Søren, Nguyễn, Erdős and Straße"
    ),
    r"The workshop \"Open Gates\" in \"Osterreich": "The workshop “Open Gates” in Österreich",
    r"$\binom{n}{k}$ gates are 3{\texttimes} faster": "(n choose k) gates are 3× faster",
    "We propose {GvX-Net} for 5{,}000 {very} small gates": "We propose GvX-Net for 5,000 very small gates",
    "Code: https://code.example/x}{https://code.example/x.": "Code: https://code.example/x.",
    "black{a framework} of {positive, negative} gates": "a framework of {positive, negative} gates",
}


@pytest.mark.parametrize(("raw", "shown"), REFERENCE_MANAGERS.items())
def test_what_reference_managers_export_reads_as_printed(raw: str, shown: str) -> None:
    assert clean(raw) == shown
    assert clean(shown) == shown


def test_the_heading_abstract_is_left_out_whatever_word_follows() -> None:
    assert clean_abstract("Abstract Objectives Gates may persist.") == "Objectives Gates may persist."
    assert clean_abstract("Abstract Meaning Representation is hard.") == "Abstract Meaning Representation is hard."
    assert clean_abstract("Abstract gates are hard.") == "Abstract gates are hard."
