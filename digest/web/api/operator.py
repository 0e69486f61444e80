"""Operations for operators, by token and role."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from digest.deliveries import DeliveryState
from digest.profile_files import json_of, read_table
from digest.runs.bounces import process as bounces
from digest.runs.lookup import subscribers_after
from digest.runs.operations import overview
from digest.runs.subscriptions import import_export
from digest.web.api.models import (
    DeliveryModel,
    ImportedModel,
    ImportModel,
    RunModel,
    SubscriberModel,
    SubscriberPageModel,
    SuppressionModel,
)
from digest.web.api.refusals import AdministratorDep, ReaderDep, Refusal, SenderDep, answers
from digest.web.site import ContextDep

PAGE_SIZE = 500
router = APIRouter(tags=["operators"])


@router.get("/subscribers", responses=answers(401))
def people(
    context: ContextDep, _operator: ReaderDep, after: Annotated[int, Query(ge=0, le=2**53)] = 0
) -> SubscriberPageModel:
    """List the subscribers by number, one page at a time."""
    found = subscribers_after(context.site.store, after, limit=PAGE_SIZE + 1)
    shown = found[:PAGE_SIZE]
    return SubscriberPageModel(
        subscribers=[
            SubscriberModel(
                number=p.number,
                address=p.address,
                state=p.state.value,
                owner=p.owner.value,
                since=p.created,
                next_due=p.next_due,
            )
            for p in shown
        ],
        next=shown[-1].number if len(found) > PAGE_SIZE else None,
    )


@router.get("/subscribers/export", responses=answers(401))
def export(context: ContextDep, _operator: AdministratorDep) -> dict[str, Any]:
    """Return all subscribers in the format of the import."""
    listed: dict[str, Any] = json.loads(json_of(import_export.export_subscribers(context.site.store)))
    return listed


@router.post("/subscribers/import", responses=answers(401, 409))
def import_(context: ContextDep, operator: AdministratorDep, given: ImportModel) -> ImportedModel:
    """Add new subscribers; unsubscribed, erased or suppressed addresses are not added again."""
    origin = f"API by {operator.name}"
    rows = read_table(json.dumps({"subscribers": given.subscribers}).encode(), origin, "json")
    days = context.site.settings.issue.first_issue_days
    report = import_export.import_subscribers(
        context.site.store, rows, origin, days, context.now, dry_run=given.dry_run
    )
    return ImportedModel.model_validate(report.as_dict())


@router.get("/runs", responses=answers(401))
def recent_runs(context: ContextDep, _operator: ReaderDep) -> list[RunModel]:
    """Return the last runs, newest first."""
    found = overview.recent_runs(context.site.store, limit=100)
    return [
        RunModel(id=r.id, kind=r.kind, started=r.started, ended=r.ended, report=dict(r.report) if r.report else None)
        for r in found
    ]


@router.get("/deliveries", responses=answers(401))
def recent_deliveries(
    context: ContextDep, _operator: ReaderDep, state: DeliveryState = DeliveryState.FAILED
) -> list[DeliveryModel]:
    """Return the newest deliveries in a state."""
    found = overview.deliveries_in_state(context.site.store, state, limit=PAGE_SIZE)
    return [
        DeliveryModel(
            id=d.id,
            subscriber=d.subscriber,
            issue_date=d.issue_date,
            state=d.state.value,
            attempts=d.attempts,
            sent_at=d.sent_at,
            last_code=d.last_code,
            last_reply=d.last_reply,
        )
        for d in found
    ]


@router.get("/suppressions", responses=answers(401))
def suppressed(context: ContextDep, _operator: ReaderDep) -> list[SuppressionModel]:
    """Return the suppressed addresses and the reasons."""
    found = overview.suppressed_addresses(context.site.store)
    return [SuppressionModel(address=s.address, reason=s.reason, since=s.since) for s in found]


@router.delete("/suppressions/{address}", status_code=204, response_class=Response, responses=answers(401, 404))
def lift(context: ContextDep, _operator: SenderDep, address: Annotated[str, Path(max_length=254)]) -> None:
    """Lift the suppression of an address."""
    if not bounces.lift(context.site.store, address, context.now):
        raise Refusal(404, "this address is not suppressed")
