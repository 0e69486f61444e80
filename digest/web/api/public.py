"""What everybody may do: sign up, confirm, ask for a link, try a profile, search the archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from digest.issues import Pick
from digest.papers import Paper
from digest.profiles import faults
from digest.rendering.paper_links import paper_links
from digest.runs import subscribe as runs
from digest.storage import archive
from digest.subscribers import address_faults, subscription_faults
from digest.web.api.models import (
    AcceptedModel,
    AddressModel,
    AdviceModel,
    ConfirmedModel,
    FoundModel,
    PaperModel,
    PickModel,
    PreviewModel,
    ProfileModel,
    ReasonModel,
    SignUpModel,
    StampModel,
    TokenModel,
)
from digest.web.api.refusals import Refusal, answers, refuse_faults
from digest.web.site import VisitDep
from digest.web.stamps import Reading

PAGE_SIZE = 50
router = APIRouter(tags=["everybody"])


@router.get("/stamp", responses=answers())
def stamp(visit: VisitDep) -> StampModel:
    """Gives the stamp that a sign-up must carry."""
    return StampModel(stamp=visit.site.form_clock.stamp(visit.now))


@router.post("/sign-ups", status_code=202, responses=answers(429))
def sign_up(visit: VisitDep, wanted: SignUpModel) -> AcceptedModel:
    """Asks for a subscription. The answer is the same whether or not the address is known."""
    subscription = wanted.subscription()
    refuse_faults(subscription_faults(subscription))
    reading = visit.site.form_clock.read(wanted.stamp, visit.now)
    if reading in (Reading.TOO_FAST, Reading.TOO_OLD):
        raise Refusal(422, f"the stamp is {reading.value}", {"stamp": reading.value})
    if wanted.website or reading is Reading.FORGED:
        return AcceptedModel()
    runs.sign_up(visit.site.store, subscription, visit.site.settings, network=visit.network, now=visit.now)
    visit.site.wake()
    return AcceptedModel()


@router.post("/confirmations", responses=answers(404))
def confirm(visit: VisitDep, given: TokenModel) -> ConfirmedModel:
    """Confirms a sign-up with the token of the mail's link."""
    confirmed = runs.confirm(visit.site.store, given.token, visit.now)
    if confirmed is None:
        raise Refusal(404, "the token is wrong, was used or has run out")
    visit.site.wake()
    person = confirmed.subscriber
    return ConfirmedModel(state=person.state.value, first_issue=person.next_issue, manage_token=confirmed.manage)


@router.post("/manage-links", status_code=202, responses=answers(429))
def request_manage_link(visit: VisitDep, wanted: AddressModel) -> AcceptedModel:
    """Mails a link to manage a subscription. The answer is the same whether or not the address is known."""
    refuse_faults(address_faults(wanted.address))
    runs.request_manage_link(
        visit.site.store, wanted.address, visit.site.settings, network=visit.network, now=visit.now
    )
    visit.site.wake()
    return AcceptedModel()


@router.post("/preview", responses=answers())
def preview(visit: VisitDep, wanted: ProfileModel) -> PreviewModel:
    """Gives what a profile would have picked from the newest papers."""
    profile = wanted.profile()
    refuse_faults(faults(profile))
    prospect = visit.site.outlook.prospect(profile, shown=profile.papers)
    advice = visit.site.outlook.advice(profile)
    return PreviewModel(
        picks=[pick_model(paper, pick) for paper, pick in prospect.picks],
        more=prospect.more,
        considered=prospect.considered,
        advice=[
            AdviceModel(term=a.term, everything=a.everything, share=a.share, instead=list(a.instead)) for a in advice
        ],
    )


@router.get("/papers", responses=answers())
def search(
    visit: VisitDep,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> FoundModel:
    """Searches the archive."""
    with visit.site.store.reading() as tx:
        found = archive.search(tx, q, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    return FoundModel(papers=[paper_model(paper) for paper in found.papers], total=found.total)


def paper_model(paper: Paper) -> PaperModel:
    """Gives a paper as the API shows it."""
    return PaperModel(
        number=paper.number,
        key=paper.key,
        title=paper.title,
        abstract=paper.abstract,
        authors=list(paper.authors),
        arxiv_id=paper.arxiv_id,
        doi=paper.doi,
        categories=list(paper.categories),
        link=paper_links(paper).read,
        first_seen=paper.first_seen,
    )


def pick_model(paper: Paper, pick: Pick) -> PickModel:
    """Gives a pick as the API shows it."""
    reasons = [
        ReasonModel(
            term=r.term, kind=r.kind.value, field=r.field, contribution=r.contribution, words=r.said, share=r.share
        )
        for r in pick.reasons
    ]
    return PickModel(paper=paper_model(paper), match=pick.match, reasons=reasons)
