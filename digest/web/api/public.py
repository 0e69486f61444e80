"""What everybody may do: sign up, confirm, ask for a link, try a profile, search the archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from digest.addresses import address_faults
from digest.issues import Pick
from digest.papers import Paper
from digest.profiles import faults
from digest.rendering.paper_links import paper_links
from digest.runs.lookup import search_papers
from digest.runs.subscriptions import sign_up as runs
from digest.subscribers import subscription_faults
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
from digest.web.form_timestamps import TimestampCheck
from digest.web.site import ContextDep

PAGE_SIZE = 50
router = APIRouter(tags=["everybody"])


@router.get("/stamp", responses=answers())
def stamp(context: ContextDep) -> StampModel:
    """Return the stamp that a sign-up must carry."""
    return StampModel(stamp=context.site.form_clock.stamp(context.now))


@router.post("/sign-ups", status_code=202, responses=answers(429))
def sign_up(context: ContextDep, wanted: SignUpModel) -> AcceptedModel:
    """Ask for a subscription. The answer is the same whether or not the address is known."""
    subscription = wanted.subscription()
    refuse_faults(subscription_faults(subscription))
    reading = context.site.form_clock.read(wanted.stamp, context.now)
    if reading in (TimestampCheck.TOO_FAST, TimestampCheck.TOO_OLD):
        raise Refusal(422, f"the stamp is {reading.value}", {"stamp": reading.value})
    if wanted.website or reading is TimestampCheck.FORGED:
        return AcceptedModel()
    runs.sign_up(context.site.store, subscription, context.site.settings, network=context.network, now=context.now)
    context.site.wake()
    return AcceptedModel()


@router.post("/confirmations", responses=answers(404))
def confirm(context: ContextDep, given: TokenModel) -> ConfirmedModel:
    """Confirm a sign-up with the token of the mail's link."""
    confirmed = runs.confirm(context.site.store, given.token, context.now)
    if confirmed is None:
        raise Refusal(404, "the token is wrong, was used or has run out")
    context.site.wake()
    person = confirmed.subscriber
    return ConfirmedModel(state=person.state.value, first_issue=person.next_issue, manage_token=confirmed.manage)


@router.post("/manage-links", status_code=202, responses=answers(429))
def request_manage_link(context: ContextDep, wanted: AddressModel) -> AcceptedModel:
    """Mail a link to manage a subscription. The answer is the same whether or not the address is known."""
    refuse_faults(address_faults(wanted.address))
    runs.request_manage_link(
        context.site.store, wanted.address, context.site.settings, network=context.network, now=context.now
    )
    context.site.wake()
    return AcceptedModel()


@router.post("/preview", responses=answers())
def preview(context: ContextDep, wanted: ProfileModel) -> PreviewModel:
    """Return what a profile would have picked from the newest papers."""
    profile = wanted.profile()
    refuse_faults(faults(profile))
    profile_preview = context.site.live_preview.profile_preview(profile, shown=profile.papers)
    advice = context.site.live_preview.diagnoses(profile)
    return PreviewModel(
        picks=[pick_model(paper, pick) for paper, pick in profile_preview.picks],
        more=profile_preview.more,
        considered=profile_preview.considered,
        advice=[
            AdviceModel(term=a.term, everything=a.everything, share=a.share, instead=list(a.instead)) for a in advice
        ],
    )


@router.get("/papers", responses=answers())
def search(
    context: ContextDep,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> FoundModel:
    """Search the archive."""
    found = search_papers(context.site.store, q, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    return FoundModel(papers=[paper_model(paper) for paper in found.papers], total=found.total)


def paper_model(paper: Paper) -> PaperModel:
    """Return a paper as the API shows it."""
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
    """Return a pick as the API shows it."""
    reasons = [
        ReasonModel(
            term=r.term, kind=r.kind.value, field=r.field, contribution=r.contribution, words=r.said, share=r.share
        )
        for r in pick.reasons
    ]
    return PickModel(paper=paper_model(paper), match=pick.match, reasons=reasons)
