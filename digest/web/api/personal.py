"""Operations on one's own subscription, by the token of a manage link."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from digest.runs.subscriptions import lifecycle as runs
from digest.runs.subscriptions import personal_data
from digest.runs.subscriptions import votes as feedback
from digest.subscribers import State, Subscriber, subscription_faults
from digest.web.api.models import GivenVoteModel, StateModel, SubscriptionModel, SubscriptionStatusModel, VoteModel
from digest.web.api.refusals import PersonDep, Refusal, answers, refuse_faults
from digest.web.site import ContextDep

LONGEST_PAUSE = 366  #: days
PaperNumber = Annotated[int, Path(ge=1, le=2**53)]
router = APIRouter(prefix="/me", tags=["your own subscription"])


@router.get("", responses=answers(401))
def show(person: PersonDep) -> SubscriptionStatusModel:
    """Return the subscription and its state."""
    return _status_of(person)


@router.put("", responses=answers(401, 409))
def change(context: ContextDep, person: PersonDep, wanted: SubscriptionModel) -> SubscriptionStatusModel:
    """Change the profile and the schedule; the address cannot change."""
    subscription = wanted.subscription()
    refuse_faults(subscription_faults(subscription))
    return _status_of(runs.change(context.site.store, person, subscription, context.now))


@router.put("/state", responses=answers(401, 409))
def change_state(context: ContextDep, person: PersonDep, wanted: StateModel) -> SubscriptionStatusModel:
    """Pause until a day, end a pause, unsubscribe at once, or subscribe again."""
    store, number, now = context.site.store, person.number, context.now
    if wanted.state == "unsubscribed":
        runs.unsubscribe(store, number, "API", now)
    elif wanted.state == "paused":
        if wanted.until is None or not 0 < (wanted.until - now.date()).days <= LONGEST_PAUSE:
            raise Refusal(422, "until: expected a day between tomorrow and a year from now", {"until": "out of range"})
        if runs.pause(store, number, wanted.until, "API", now) is None:
            raise Refusal(409, f"a subscription that is {person.state} cannot be paused")
    elif person.state is State.PAUSED:
        runs.resume(store, number, "API", now)
    else:
        runs.resubscribe(store, number, "API", now)
    return _status_of(runs.present(store, number))


@router.get("/votes", responses=answers(401))
def votes(context: ContextDep, person: PersonDep) -> list[GivenVoteModel]:
    """Return your votes, newest first."""
    given = feedback.cast_votes(context.site.store, person.number)
    return [GivenVoteModel(paper=o.paper.number, title=o.paper.title, value=o.value, at=o.at) for o in given]


@router.put("/votes/{paper}", status_code=204, response_class=Response, responses=answers(401, 404))
def vote(context: ContextDep, person: PersonDep, paper: PaperNumber, given: VoteModel) -> None:
    """Vote a paper up or down; a later vote replaces an earlier one."""
    if not feedback.vote_on_known_paper(context.site.store, person.number, paper, given.value, now=context.now):
        raise Refusal(404, f"there is no paper number {paper}")


@router.delete("/votes/{paper}", status_code=204, response_class=Response, responses=answers(401))
def withdraw(context: ContextDep, person: PersonDep, paper: PaperNumber) -> None:
    """Withdraw a vote."""
    feedback.withdraw(context.site.store, person.number, paper)


@router.get("/export", responses=answers(401))
def export(context: ContextDep, person: PersonDep) -> dict[str, Any]:
    """Return all data about you."""
    return personal_data.everything(context.site.store, person.number)


@router.delete("", status_code=204, response_class=Response, responses=answers(401))
def erase(context: ContextDep, person: PersonDep) -> None:
    """Delete all data about you."""
    personal_data.erase(context.site.store, person.number, context.now)


def _status_of(person: Subscriber) -> SubscriptionStatusModel:
    return SubscriptionStatusModel(
        state=person.state.value,
        paused_until=person.paused_until,
        next_issue=person.next_issue,
        owner=person.owner.value,
        subscription=SubscriptionModel.model_validate(person.subscription.as_dict()),
    )
