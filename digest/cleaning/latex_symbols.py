"""What LaTeX commands look like in Unicode."""

from __future__ import annotations

GREEK = dict(
    zip(
        (
            "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho"
            " varrho sigma varsigma tau upsilon phi varphi chi psi omega"
            " Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
        ).split(),
        "αβγδεεζηθϑικλμνξπϖρϱσςτυφφχψωΓΔΘΛΞΠΣΥΦΨΩ",
        strict=True,
    )
)

OPERATORS = {
    "times": "×", "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "dotsc": "…", "dotsb": "…", "vdots": "⋮",
    "pm": "±", "mp": "∓", "div": "÷", "ast": "∗", "star": "⋆", "circ": "∘", "bullet": "•",
    "leq": "≤", "le": "≤", "leqslant": "≤", "geq": "≥", "ge": "≥", "geqslant": "≥", "neq": "≠", "ne": "≠",
    "approx": "≈", "sim": "∼", "simeq": "≃", "cong": "≅", "equiv": "≡", "propto": "∝", "ll": "≪", "gg": "≫",
    "lesssim": "≲", "gtrsim": "≳", "prec": "≺", "succ": "≻", "preceq": "⪯", "succeq": "⪰", "gtrapprox": "⪆",
    "to": "→", "rightarrow": "→", "longrightarrow": "→", "leftarrow": "←", "gets": "←", "leftrightarrow": "↔",
    "Rightarrow": "⇒", "Leftarrow": "⇐", "Leftrightarrow": "⇔", "implies": "⇒", "iff": "⇔", "mapsto": "↦",
    "uparrow": "↑", "downarrow": "↓", "rightleftharpoons": "⇌", "hookrightarrow": "↪",
    "in": "∈", "notin": "∉", "ni": "∋", "subset": "⊂", "subseteq": "⊆", "supset": "⊃", "supseteq": "⊇",
    "cup": "∪", "cap": "∩", "setminus": "∖", "emptyset": "∅", "varnothing": "∅",
    "forall": "∀", "exists": "∃", "neg": "¬", "lnot": "¬", "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨",
    "oplus": "⊕", "ominus": "⊖", "otimes": "⊗", "odot": "⊙", "boxplus": "⊞", "dagger": "†", "ddagger": "‡",
    "infty": "∞", "partial": "∂", "nabla": "∇", "sum": "∑", "prod": "∏", "int": "∫", "oint": "∮",
    "ell": "ℓ", "hbar": "ℏ", "Re": "Re", "Im": "Im", "aleph": "ℵ", "wp": "℘", "imath": "ı", "jmath": "ȷ",
    "perp": "⊥", "bot": "⊥", "top": "⊤", "parallel": "∥", "angle": "∠", "prime": "′", "degree": "°",
    "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉",
    "lVert": "‖", "rVert": "‖", "Vert": "‖", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "backslash": "\\",
    "models": "⊨", "vdash": "⊢", "triangle": "△", "square": "□", "Box": "□", "diamond": "⋄", "checkmark": "✓",
    "colon": ":", "coloneqq": "≔", "triangleq": "≜", "odots": "…", "bigcup": "⋃", "bigcap": "⋂", "flat": "♭",
    "sharp": "♯", "natural": "♮", "sun": "☉", "earth": "⊕", "complement": "∁", "asymp": "≍", "doteq": "≐",
}  # fmt: skip

TEXT_SYMBOLS = {
    "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "euro": "€", "texteuro": "€", "textregistered": "®",
    "texttrademark": "™", "trademark": "™", "textdegree": "°", "textmu": "µ", "micro": "µ", "textordmasculine": "º",
    "textasciitilde": "~", "textasciicircum": "^", "textbackslash": "\\", "textbar": "|", "textunderscore": "_",
    "textless": "<", "textgreater": ">", "textquotesingle": "'", "textquoteright": "’", "textquoteleft": "‘",
    "textquotedblleft": "“", "textquotedblright": "”", "textendash": "–", "textemdash": "—", "textellipsis": "…",
    "textbullet": "•", "textdollar": "$", "slash": "/", "LaTeX": "LaTeX", "TeX": "TeX", "AA": "Å", "angstrom": "Å",
    "L": "Ł", "l": "ł", "O": "Ø", "o": "ø", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "aa": "å",
    "ss": "ß", "i": "ı", "j": "ȷ", "DH": "Ð", "dh": "ð", "TH": "Þ", "th": "þ", "DJ": "Đ", "dj": "đ", "NG": "Ŋ",
    "ng": "ŋ", "item": "•", "cmark": "✓", "xmark": "✗", "percent": "%", "deg": "°",
    "space": " ", "ie": "i.e.", "eg": "e.g.", "etal": "et al.", "etc": "etc.", "wrt": "w.r.t.", "vs": "vs.",
}  # fmt: skip

#: The same symbols under the names that packages give them in text: `\\texttimes`, `\\textalpha`.
TEXT_SYMBOLS |= {f"text{name}": symbol for name, symbol in GREEK.items() if f"text{name}" not in TEXT_SYMBOLS}
TEXT_SYMBOLS |= {
    f"text{name}": OPERATORS[name] for name in ("times", "pm", "div", "leq", "geq", "approx", "rightarrow")
}
TEXT_SYMBOLS |= {
    "textleftarrow": "←", "textminus": "−", "textperiodcentered": "·", "textcopyright": "©", "textsection": "§",
    "textparagraph": "¶", "textonehalf": "½", "textonequarter": "¼", "texteuro": "€", "textyen": "¥",
    "textsterling": "£", "textcent": "¢", "textdagger": "†", "textdaggerdbl": "‡", "textasteriskcentered": "*",
    "textbraceleft": "{", "textbraceright": "}", "textquotedbl": '"', "textexclamdown": "¡", "textquestiondown": "¿",
    "textsurd": "√", "textohm": "Ω", "textcelsius": "℃", "textnumero": "№", "textperthousand": "‰",
    "guillemotleft": "«", "guillemotright": "»", "glqq": "„", "grqq": "“", "textvisiblespace": " ", "textprime": "′",
    "dag": "†", "ddag": "‡", "textinfty": "∞", "textpercent": "%", "textampersand": "&",
}  # fmt: skip

#: Accent commands, as combining characters; those that are letters need a brace or a blank before their base.
ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331",
}  # fmt: skip

MATH_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303",
    "widetilde": "\u0303", "vec": "\u20d7", "dot": "\u0307", "ddot": "\u0308", "check": "\u030c", "breve": "\u0306",
    "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a", "underline": "\u0332",
}  # fmt: skip

FUNCTIONS = frozenset(
    "log ln lg exp sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh max min sup inf lim limsup liminf arg"
    " argmax argmin det dim ker gcd Pr mod bmod pmod hom tr poly polylog".split()
)

#: Commands whose argument is shown as it is.
FONTS = frozenset(
    "text textbf textit textsc textsf texttt textrm textsl textmd textup textnormal textcolor emph mathrm mathbf mathit"
    " mathsf mathtt mathcal mathscr mathfrak mathnormal boldsymbol boldmath bm pmb operatorname mbox hbox fbox"
    " underline uline uppercase lowercase ensuremath relax rm bf it sf tt sc em sl cal bfseries itshape scshape"
    " ttfamily sffamily rmfamily mathds mathop mathrel mathbin texorpdfstring nolinkurl code xspace textstyle"
    " displaystyle"
    " scriptstyle limits nolimits large Large small tiny normalsize footnotesize centering noindent left right big Big"
    " bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle phantom hspace vspace newline linebreak break par"
    " protect selectfont mathstrut nonumber notag quad qquad thinspace".split()
)

BLACKBOARD = {"R": "ℝ", "N": "ℕ", "Z": "ℤ", "Q": "ℚ", "C": "ℂ", "P": "ℙ", "H": "ℍ"}

SUPERSCRIPTS = dict(
    zip(
        "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWαβγδθφχ∘*′†",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵅᵝᵞᵟᶿᵠᵡ°*′†",
        strict=True,
    )
)

SUBSCRIPTS = dict(
    zip(
        "0123456789+-−=()aehijklmnoprstuvxβγρφχ⊙☉⊕",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ⊙☉⊕",
        strict=True,
    )
)
