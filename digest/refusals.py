"""Refusals: whose fault it is that a server refused a message, judged by its words and its codes.

Servers use the codes carelessly: "5.1.0 sender rejected" is not about the recipient, "5.1.1 over quota" is no missing
address, and "5.0.0 user unknown" is one. So the words decide where they are clear, and the enhanced status code
(RFC 3463) where they are not. In doubt nobody is to blame but the mailbox, which counts only when it persists.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple


class FaultSide(StrEnum):
    """Whose fault a refusal is: who has to change something."""

    ADDRESS = "address"  #: there is no such address: never mail it again
    MAILBOX = "mailbox"  #: it does not take mail at present: suspicious only when it persists
    SENDER = "sender"  #: about us: our address, our reputation, our rights; the reader is not to blame
    OTHER = "other"  #: the message, the network, the server: nothing to conclude about the address


class Cause(NamedTuple):
    """Whose fault a refusal is, and how sure that is."""

    fault: FaultSide
    is_clear: bool  #: the words or the code say so; otherwise it is the best guess


MAX_WORDS = 1000  # characters of a reply that are read
_ADDRESSED = r"\b(?:user|recipient|mail ?box|account|address(?:ee)?|e-?mail(?: address| account| id)?|alias|to)\b"
_GONE = (
    r"(?:(?:do(?:es)?(?: not|n'?t)|did(?: not|n'?t)|not) (?:have|exist)\w*|unknown|not (?:be )?found|not (?:a )?known|"
    r"no longer (?:exists?|available|active|valid|in use|in service|works?|accept\w*|on (?:this )?server)|"
    r"non-?existent|"
    r"not (?:a )?valid|is invalid|invalid\b|not here|not (?:a )?local|not listed|not in (?:the )?(?:directory|list)|"
    r"(?:been |is |was |permanently )+(?:deleted|removed|closed|deactivated|terminated|discontinued|cancell?ed|"
    r"expired)|"
    r"cannot be found|couldn'?t be found|could not be found|wasn'?t found|not recogni[sz]ed|undeliverable|"
    r"(?:is |has been |account )(?:disabled|inactive)|deactivated|inactive\b|does not like recipient|unroutable|"
    r"unrouteable)"
)
_PATTERNS: tuple[tuple[FaultSide, str], ...] = (
    # A server that asks everybody to wait at first contact.
    (
        FaultSide.OTHER,
        r"gr[ea]y-?\s?list|postgrey|message (?:size|too (?:large|big|long))|insufficient system (?:storage|"
        r"resources)|first (?:contact|attempt|"
        r"time) .{0,40}(?:try|retry)",
    ),
    # Our address, our rights, our reputation. These come first: "sender verify failed: user unknown" is about us.
    (
        FaultSide.SENDER,
        r"\bsenders?(?:'s)?(?: e-?mail)?(?: address(?:es)?| domain| host| ip| id)*\b.{0,25}?"
        r"(?:reject|refus|denied|not (?:be )?(?:allow|authori|accept|permit|verif|valid|found|exist)|unknown|"
        r"invalid|verif|block|banned|does(?: not|n'?t) (?:exist|resolve|match)|cannot|could not|must|black)"
        r"|\b(?:reject|refus|block|bann|denied|invalid|bad|unverified|unauthori[sz]ed)\w*(?: \w+){0,2} sender"
        r"|send(?:ing)? ?as\b|sendas|send on behalf|policy for (?:the )?sender|could not verify sender|callout|"
        r"(?:e-?mail )?address(?:es)? (?:is|are) not verified|identit(?:y|ies) failed|not verified\b|"
        r"\bnot (?:allowed|authori[sz]ed|permitted|able) to (?:send|use|relay)|(?:sending|account|service) (?:is |"
        r"has been )?paused|"
        r"\bmail ?from\b|\bfrom (?:address|header|domain|:)|\breturn-?path|\breverse[- ](?:dns|lookup|path|host\w*)|"
        r"\brdns\b|\bptr\b|"
        r"\b(?:helo|ehlo) (?:name|command|host|argument|reject|invalid)|\bspf\b|\bdkim\b|\bdmarc\b|\barc\b fail|"
        r"sender policy|unauthenticated|"
        r"\bnot authenticated|authenticat\w+ (?:is )?(?:required|failed|check|credentials)|must (?:be )?authenticat",
    ),
    (
        FaultSide.SENDER,
        r"(?:send\w*|sent|daily|hourly|message|messages|relay\w*|outgoing|outbound|rate|smtp|plan|monthly|"
        r"traffic)"
        r"\W{0,3}(?:\w+ ){0,2}(?:quota|limit)|(?:quota|limit) (?:\w+ ){0,3}(?:per|for send|of messages)|throttl|"
        r"rate[- ]?limit|"
        r"too many (?:messages|mails|e-?mails|connections|recipients|sessions|concurrent|requests|errors|hops? from)|"
        r"maximum (?:sending|number of (?:messages|connections|recipients))|unusual (?:rate|traffic)|"
        r"(?:un)?able to relay|relay(?:ing)? (?:access )?(?:is )?(?:denied|prohibit|not|refused)|"
        r"not permitted to relay|(?:do|does) not relay|no relay|we do not relay|open relay|not a gateway|"
        r"tls (?:is )?required|starttls",
    ),
    # The mailbox is there, and does not take mail at present.
    (
        FaultSide.MAILBOX,
        r"over\W?quota|quota.{0,20}(?:exceed|full|reach|limit)|exceed\w*.{0,40}(?:quota|storage|limit|size|space|"
        r"allocation)|"
        r"(?:mail ?box|inbox|account|user|recipient|folder|e-?mail|disk|storage|maildrop|"
        r"directory)\b.{0,30}?\b(?:is |too )?"
        r"(?:full|over (?:its |the |their )?(?:quota|limit)|out of space|too large|exceeded)|full mail ?box|"
        r"out of (?:disk |storage )?space|(?:not enough|insufficient|no) (?:\w+ )?(?:storage|space|disk)|"
        r"storage (?:quota|limit|space)|no (?:more )?(?:space|room)|limit exceeded|"
        r"pleine\b|(?:postfach|mailbox|konto).{0,20}voll|llen[oa]\b|pien[ao]\b|cheia\b|\u8d85\u8fc7|\u5df2\u6ee1|"
        r"temporar\w+ (?:disabled|suspended|unavailable|over|locked|rejected)|"
        r"vacation|not accepting (?:mail|messages|any)",
    ),
    # Words that only a missing address has.
    (
        FaultSide.ADDRESS,
        r"(?:user|recipient|mail ?box|account|address) (?:is )?(?:unknown|not found)|unknown (?:user|recipient|"
        r"mail ?box)|"
        r"no such (?:user|recipient|mail ?box|address|account|person|local)|(?:user|mail ?box|account|recipient|"
        r"address)"
        r" (?:\w+ ){0,3}(?:does(?: not|n'?t) exist|no longer exists)|recipientnotfound",
    ),
    # Lists of senders, our reputation, our address on the network.
    (
        FaultSide.SENDER,
        r"spamhaus|spamcop|barracuda|sorbs|uceprotect|abuseat|abusix|invaluement|senderscore|sender ?base|mailspike|"
        r"proofpoint|cloudmark|trend ?micro|ironport|talos|symantec|messagelabs|mimecast|ahbl|njabl|backscatterer|"
        r"lashback|psbl|surbl|\buribl\b|manitu|hostkarma|truncate|spamrats|\bcbl\b|\b[sxpz]bl\b|\bdrbl\b|"
        r"\b\w*(?:dns[bwr]?l|rbl)\w*\b|(?:block|black|deny|reject)[ -]?list|block list|black list|"
        r"\breputation\b|\bbanned\b|unsolicited|\bspam|\bbulk (?:mail|e-?mail)|\bube\b|\buce\b|junk mail|phish|"
        r"\b(?:ip|your (?:host|server|network|domain|mta|relay)|client host|client|relay|address \[?\d+\.)\b.{0,60}?"
        r"(?:block|black|bann|listed|not (?:allow|accept|permit|welcome)|reject|refus|suspicious|denied|dynamic)|"
        r"\bblocked (?:by|for|due|because|using|from|at|-|:)|\bblocked\b.{0,40}(?:\d+\.\d+|see http|visit|contact)|"
        r"\bpostmaster\.\w|complain|abus(?:e|ive)|suspicious|content (?:reject|filter|is not accept)|"
        r"policy (?:reason|reject|violation)|"
        r"(?:local|security|organi[sz]ation\w*|administrative) polic|administrative(?:ly)? prohibit|"
        r"too much (?:mail|spam)|"
        r"(?<!rejected: )access (?:is )?denied|\btss0\d|\bpub?0?\d\b|\brp-00\d|\bs[cn]-00\d|\bdy-00\d|\bcs0[12]",
    ),
    # There is no such address.
    (
        FaultSide.ADDRESS,
        r"no (?:such|valid|known) (?:\w+[ -]){0,2}?(?:user|recipient|mail ?box|address|account|person|e-?mail|alias|"
        r"domain|host|name|id|entry|here)|"
        r"no (?:mail ?box|account|user|recipient|one)(?: \w+){0,3}? (?:here|by|with|of|named|called|found|exists|at|"
        r"on)|"
        r"(?:unknown|invalid|bad|illegal|incorrect|non-?existent|undefined|nonexisting|inactive|disabled|deleted|"
        r"expired|closed|obsolete)"
        r"[ -](?:or [\w ]+? )?(?:\w+ ){0,2}?(?:user\w*|recipients?|mail ?box\w*|address\w*|accounts?|alias\w*|"
        r"local[- ]?part|destination|e-?mail\w*|domain|host|to:?)\b|"
        + _ADDRESSED
        + r".{0,60}?"
        + _GONE
        + r"|recipientnotfound|recipnotfound|user ?unknown|unknown ?user|not our customer|hop count .{0,20}recipient|"
        r"bad destination|unrout?e?able (?:address|mail domain|domain)|(?:host|domain|mx)\b.{0,40}(?:not found|"
        r"does(?: not|n'?t) exist|unknown|nxdomain)|"
        r"\bnxdomain\b|name or service not known|doesn'?t have (?:a|an) .{0,30}account|dosn't exist|has no mail ?box|"
        r"is not (?:a |an )?(?:known|valid|active|registered|recogni[sz]ed|local|current|existing|legitimate|"
        r"deliverable)|"
        r"not (?:a )?(?:member|subscriber|customer|employee) of|no longer (?:with|at|works|employed|a member|have|has)|"
        r"(?:left|quit) (?:the |this |our )(?:company|organi|university)|"
        r"unbekannt|existiert nicht|nicht (?:gefunden|vorhanden|bekannt)|inconnu|n'existe (?:pas|plus)|introuvable|"
        r"desconocid|no existe|inexistente|n[a\u00e3]o existe|sconosciut|inesistente|bestaat niet|onbekend|"
        r"\u4e0d\u5b58\u5728|\u5b58\u5728\u3057\u307e\u305b\u3093|\u898b\u3064\u304b\u308a\u307e\u305b\u3093",
    ),
)
_WORDS = tuple((fault, re.compile(pattern)) for fault, pattern in _PATTERNS)
_NOISE = re.compile(
    r"<[^>]*>|\S+@\S+|https?://\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|example|test|edu|gov|info|de|fr|uk|eu|io)\b"
)
_VARIES = re.compile(r"\[[^\]]*\]|\([^)]*\)|\S*\d\S*|\W+")
_BAD_ADDRESSES = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_FIRST_CONTACT = frozenset({"4.7.0", "4.7.1"})


def cause_of(status: str | None, words: str = "", code: int | None = None) -> Cause:
    """Return whose fault a refusal is: enhanced status code (RFC 3463), the server's words, the code of its reply.

    >>> cause_of("5.1.0", "sender rejected").fault.value
    'sender'
    """
    if status and status.startswith("2."):
        return Cause(FaultSide.OTHER, True)
    said = _said(words[:MAX_WORDS])
    if said is FaultSide.ADDRESS and not _may_be_gone(status, code):
        said = FaultSide.MAILBOX
    if said is FaultSide.MAILBOX and status and status.startswith("4.7."):
        said = None  # a policy code knows better
    if said is FaultSide.MAILBOX and status and status[1:].startswith(".3."):
        said = FaultSide.OTHER  # the server's own disk is full
    if said:
        return Cause(said, True)
    return _by_codes(status, words)


def is_first_contact(status: str | None, words: str) -> bool:
    """Return True for a refusal for now that a server may give to every first attempt, whoever sends (greylisting)."""
    return status in _FIRST_CONTACT and _said(words[:MAX_WORDS]) is not FaultSide.SENDER


def fingerprint(words: str) -> str:
    """Return what a refusal has in common with the same refusal of other readers: no addresses, numbers, names.

    >>> fingerprint("5.1.0 <ada@example.com> blocked [417]") == fingerprint("5.1.0 <bob@example.org> blocked [93]")
    True
    """
    plain = _NOISE.sub(" ", words[:MAX_WORDS].lower())
    return " ".join(_VARIES.sub(" ", plain).split())


@lru_cache(maxsize=1024)
def _said(words: str) -> FaultSide | None:
    """Return whose fault the words say it is; None when they do not say."""
    plain = " ".join(_NOISE.sub(" ", words.lower()).replace("_", " ").split())
    return next((fault for fault, pattern in _WORDS if pattern.search(plain)), None)


def _may_be_gone(status: str | None, code: int | None) -> bool:
    """Return whether the codes allow that there is no such address; x.2.x is about a mailbox that exists."""
    if status:
        return status.startswith("5") and not status.startswith("5.2.")
    return code is None or code // 100 == 5


def _by_codes(status: str | None, words: str) -> Cause:
    if status is None:
        return Cause(FaultSide.MAILBOX, False)
    kind, subject, detail = status.split(".")
    if status in _BAD_ADDRESSES:
        return Cause(FaultSide.ADDRESS, True)
    if subject == "7" or (subject == "1" and detail in ("7", "8", "9")):
        return Cause(FaultSide.SENDER, True)
    if subject == "2":
        return Cause(FaultSide.MAILBOX, True)
    if status in ("5.4.4", "5.4.7") or (kind == "4" and subject in ("1", "4")):
        return Cause(FaultSide.MAILBOX, False)
    if status in ("5.5.0", "5.0.0") and re.search(r"mail ?box unavailable", words.lower()):
        return Cause(FaultSide.ADDRESS, True)  # Outlook's words for an address that is gone
    if subject in ("0", "1", "5") or status == "5.4.1":
        return Cause(FaultSide.MAILBOX, False)
    return Cause(FaultSide.OTHER, False)
