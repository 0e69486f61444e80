"""Spelling variants: one spelling for each word that is written in several ways, before it is stemmed.

British and American spelling, Greek letters and their names, irregular plurals. The result is a key to compare words
by and is never shown.
"""

from __future__ import annotations

import re

_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρςστυφχψω",
        "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau "
        "upsilon phi chi psi omega".split(),
        strict=True,
    )
)
_GREEK_WORD = re.compile("[α-ω]{2,}")

_SINGULARS = dict(
    pair.split(":")
    for pair in (
        "alveoli:alveolus antennae:antenna appendices:appendix automata:automaton axes:axis bacilli:bacillus "
        "bacteria:bacterium bronchi:bronchus calves:calf children:child corpora:corpus cortices:cortex "
        "criteria:criterion crises:crisis curricula:curriculum emboli:embolus equilibria:equilibrium errata:erratum "
        "extrema:extremum feet:foot foci:focus formulae:formula fungi:fungus ganglia:ganglion geese:goose genera:genus "
        "halves:half helices:helix indices:index knives:knife larvae:larva leaves:leaf lemmata:lemma lice:louse "
        "lives:life loci:locus matrices:matrix maxima:maximum men:man mice:mouse minima:minimum "
        "mitochondria:mitochondrion momenta:momentum nebulae:nebula nuclei:nucleus optima:optimum ova:ovum "
        "oxen:ox people:person phenomena:phenomenon phyla:phylum polyhedra:polyhedron quanta:quantum radii:radius "
        "schemata:schema shelves:shelf simplices:simplex spectra:spectrum stimuli:stimulus strata:stratum "
        "supernovae:supernova symposia:symposium taxa:taxon teeth:tooth thieves:thief thrombi:thrombus "
        "vertebrae:vertebra vertices:vertex vortices:vortex wives:wife wolves:wolf women:woman"
    ).split()
)
_WORDS = _SINGULARS | dict(
    pair.split(":")
    for pair in (
        "aging:ageing aluminum:aluminium artefact:artifact artefacts:artifact defence:defense defences:defense "
        "disk:disc disks:disc draught:draft enrol:enroll enrolment:enrollment enrolments:enrollment fulfil:fulfill "
        "fulfilment:fulfillment gray:grey judgement:judgment judgements:judgment learnt:learned licence:license "
        "licences:license manoeuvre:maneuver manoeuvres:maneuver mould:mold moulds:mold moulding:molding "
        "offence:offense offences:offense plough:plow practise:practice practised:practiced programme:program "
        "programmes:program sceptic:skeptic sceptical:skeptical skilful:skillful tyre:tire tyres:tire"
    ).split()
)
#: Ends before which "-ise" is no British "-ize": exercise, precise, supervised, denoising, stepwise.
_NOT_VERBS_IN_IZE = (
    "wis|ercis|precis|concis|excis|incis|circumcis|nois|rais|^aris|^ris|sunris|promis|premis|compris|surpris|terpris"
    "|appris|pertis|vertis|franchis|devis|revis|pervis|provis|advis|televis|guis|paradis|chandis|ruis|pois|demis|despis"
)
_RULES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("(behavi|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl|rig|rum|sav|splend"
         "|tum|val|vap|vig)our", r"\1or"),
        ("^armour", "armor"),
        (f"^(?!.*(?:{_NOT_VERBS_IN_IZE})(?:e|es|ed|er|ers|ing|able)$)(.{{3,}})is(e|es|ed|er|ers|ing|able|ability"
         "|ations?|ational)$", r"\1iz\2"),
        ("^(.{2,})yz(e|es|ed|er|ers|ing)$", r"\1ys\2"),
        ("^(.*(?:analy|paraly|cataly|dialy|hydroly|hypothe|synthe|paranthe|parenthe|the|gene|diagno|progno"
         "|metasta|necro|fibro|symbio|psycho))ses$", r"\1sis"),
        ("^(.*(?:cent|fib|lit|met|theat|lust|spect|calib))re(?=s?$)", r"\1er"),
        ("^(.*(?:cent|fib))r(ed|ing)$", r"\1er\2"),
        ("(anal|catal|dial|epil|homol|monol|prol)ogue", r"\1og"),
        ("(model|label|travel|signal|channel|cancel|tunnel|fuel|level|panel|marshal|spiral|total|unravel|counsel"
         "|pixel|initial)l(ed|er|ers|ing|or|ors)$", r"\1\2"),
        ("haem", "hem"),
        ("(an|leuk|isch|hypox|sept|ur|bacter|vir|tox)aem", r"\1em"),
        ("^oestro", "estro"),
        ("^foet", "fet"),
        ("(^|ortho)paed", r"\1ped"),
        ("oedem", "edem"),
        ("^aetio", "etio"),
        ("^oesoph", "esoph"),
        ("anaesth", "anesth"),
        ("gynaec", "gynec"),
        ("^(archae|palae)o", lambda m: m[1][:-2] + "eo"),
        ("rrhoea", "rrhea"),
        ("sulph", "sulf"),
    )
]  # fmt: skip


def canonical(token: str) -> str:
    """Return the spelling of a folded token that stands for all its variants: "behaviour" -> "behavior"."""
    if not token.isascii():
        token = _spelled_out(token)
    if known := _WORDS.get(token):
        return known
    if len(token) > 4:
        for pattern, replacement in _RULES:
            token = pattern.sub(replacement, token)
    return token


def _spelled_out(token: str) -> str:
    """Return the token with Greek letters as their names, unless it is a word of Greek."""
    if _GREEK_WORD.search(token):
        return token
    return "".join(_GREEK.get(character, character) for character in token)
