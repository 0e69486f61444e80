"""Public operations: sign up, confirm, request a manage link, preview a profile, search the archive."""

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
    ConfirmedModel,
    FormTimestampModel,
    KeywordDiagnosisModel,
    PaperModel,
    PickModel,
    PreviewModel,
    ProfileModel,
    ReasonModel,
    SearchResultsModel,
    SignUpModel,
    TokenModel,
)
from digest.web.api.refusals import Refusal, answers, refuse_faults
from digest.web.form_timestamps import TimestampCheck
from digest.web.site import ContextDep

PAGE_SIZE = 50
REASONS_SHOWN = 20  #: strongest first
router = APIRouter(tags=["everybody"])


@router.get("/stamp", responses=answers())
def stamp(context: ContextDep) -> FormTimestampModel:
    """Return the signed timestamp that a sign-up needs."""
    return FormTimestampModel(stamp=context.site.form_clock.stamp(context.now))


@router.post("/sign-ups", status_code=202, responses=answers(429))
def sign_up(context: ContextDep, wanted: SignUpModel) -> AcceptedModel:
    """Request a subscription. The response is the same whether or not the address is known."""
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
    """Confirm a sign-up with the token from the e-mail."""
    confirmed = runs.confirm(context.site.store, given.token, context.now)
    if confirmed is None:
        raise Refusal(404, "the token is wrong, was used or has expired")
    context.site.wake()
    person = confirmed.subscriber
    return ConfirmedModel(state=person.state.value, first_issue=person.next_issue, manage_token=confirmed.manage)


@router.post("/manage-links", status_code=202, responses=answers(429))
def request_manage_link(context: ContextDep, wanted: AddressModel) -> AcceptedModel:
    """Send a manage link by e-mail. The response is the same whether or not the address is known."""
    refuse_faults(address_faults(wanted.address))
    runs.request_manage_link(
        context.site.store, wanted.address, context.site.settings, network=context.network, now=context.now
    )
    context.site.wake()
    return AcceptedModel()


@router.post("/preview", responses=answers())
def preview(context: ContextDep, wanted: ProfileModel) -> PreviewModel:
    """Return which of the newest papers a profile would have picked."""
    profile = wanted.profile()
    refuse_faults(faults(profile))
    with context.site.heavy_work.slot():
        profile_preview = context.site.live_preview.profile_preview(profile, shown=profile.papers)
        diagnoses = context.site.live_preview.diagnoses(profile)
    return PreviewModel(
        picks=[pick_model(paper, pick) for paper, pick in profile_preview.picks],
        more=profile_preview.more,
        considered=profile_preview.considered,
        advice=[
            KeywordDiagnosisModel(term=a.term, everything=a.everything, share=a.share, instead=list(a.instead))
            for a in diagnoses
        ],
    )


@router.get("/papers", responses=answers())
def search(
    context: ContextDep,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> SearchResultsModel:
    """Search the archive."""
    found = search_papers(context.site.store, q, offset=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
    return SearchResultsModel(papers=[paper_model(paper) for paper in found.papers], total=found.total)


def paper_model(paper: Paper) -> PaperModel:
    """Return the model of a paper."""
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
    """Return the model of a pick."""
    reasons = [
        ReasonModel(
            term=r.term,
            kind=r.kind.value,
            field=r.field,
            contribution=r.contribution,
            words=r.shown_text,
            share=r.share,
        )
        for r in pick.reasons[:REASONS_SHOWN]
    ]
    return PickModel(paper=paper_model(paper), match=pick.match, reasons=reasons)
