"""The pages for operators: runs, deliveries, suppressions, groups. A token opens a session of a few hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse

from digest.deliveries import DeliveryState
from digest.errors import UsageError
from digest.profiles import line_of
from digest.runs.bounces import process as bounces
from digest.runs.operations import operators, overview
from digest.runs.operations.operators import SESSION, Operator, Role
from digest.runs.operations.overview import Delivery, Suppression
from digest.runs.subscriptions import groups
from digest.web.forms import first, read_profile
from digest.web.pages import Page
from digest.web.site import ContextDep, FormDep, RequestContext

COOKIE = "digest_operator"
SINCE = timedelta(days=7)
SHOWN, RUNS_SHOWN = 200, 25
router = APIRouter(prefix="/operator", include_in_schema=False)


@dataclass(frozen=True, kw_only=True)
class LoginPage(Page):
    """operator_login.html"""

    template: ClassVar[str] = "operator_login.html"
    wrong: bool = False


@dataclass(frozen=True, kw_only=True)
class RunView:
    """One run in the table."""

    kind: str
    started: datetime
    ended: datetime | None
    figures: str  #: the counts in its report


@dataclass(frozen=True, kw_only=True)
class OverviewPage(Page):
    """operator.html"""

    template: ClassVar[str] = "operator.html"
    who: Operator
    people: Sequence[tuple[str, int]]  #: state of subscriptions and their number
    sent: Sequence[tuple[str, int]]  #: state of recent deliveries and their number
    left: Sequence[tuple[str, int]]  #: reason for unsubscribing and how often it was given
    runs: Sequence[RunView]


@dataclass(frozen=True, kw_only=True)
class DeliveriesPage(Page):
    """operator_deliveries.html"""

    template: ClassVar[str] = "operator_deliveries.html"
    state: str
    states: Sequence[str]
    rows: Sequence[Delivery]


@dataclass(frozen=True, kw_only=True)
class SuppressionsPage(Page):
    """operator_suppressions.html"""

    template: ClassVar[str] = "operator_suppressions.html"
    rows: Sequence[Suppression]
    may_lift: bool


@dataclass(frozen=True, kw_only=True)
class GroupView:
    """One group on the page."""

    id: int
    name: str
    shared: bool
    members: int
    keywords: str


@dataclass(frozen=True, kw_only=True)
class GroupsPage(Page):
    """operator_groups.html"""

    template: ClassVar[str] = "operator_groups.html"
    rows: Sequence[GroupView]
    may_change: bool
    said: str = ""  #: result of the last action, or why it failed


@router.get("")
def show_overview(context: ContextDep) -> Response:
    """Show the overview, or the sign-in form."""
    who = _operator(context)
    if who is None:
        return context.show(LoginPage())
    found = overview.overview(context.site.store, context.now - SINCE, limit=RUNS_SHOWN)
    return context.show(
        OverviewPage(
            who=who,
            people=[(state.value, count) for state, count in found.subscriptions.items() if count],
            sent=[(state.value, count) for state, count in found.deliveries.items() if count],
            left=list(found.unsubscribe_reasons.items()),
            runs=[
                RunView(kind=r.kind, started=r.started, ended=r.ended, figures=_figures(r.report or {}))
                for r in found.runs
            ],
        )
    )


@router.post("/session")
def sign_in(context: ContextDep, values: FormDep) -> Response:
    """Open a session for a token."""
    session = operators.sign_in(context.site.store, first(values, "token"), context.network, context.now)
    if session is None:
        return context.show(LoginPage(wrong=True), linkable=False)
    answer = RedirectResponse(context.link("/operator"), status_code=303)
    secure = context.request.url.scheme == "https"
    age = int(SESSION.total_seconds())
    answer.set_cookie(
        COOKIE, session, max_age=age, path=_cookie_path(context), secure=secure, httponly=True, samesite="strict"
    )
    return answer


@router.post("/session/end")
def sign_out(context: ContextDep) -> Response:
    """End the session."""
    operators.sign_out(context.site.store, context.request.cookies.get(COOKIE, ""))
    answer = RedirectResponse(context.link("/operator"), status_code=303)
    answer.delete_cookie(COOKIE, path=_cookie_path(context))
    return answer


@router.get("/deliveries")
def delivered(context: ContextDep, state: str = DeliveryState.FAILED.value) -> Response:
    """Show the newest deliveries in one state."""
    if _operator(context) is None:
        return context.show(LoginPage())
    chosen = next((known for known in DeliveryState if known.value == state), DeliveryState.FAILED)
    rows = overview.deliveries_in_state(context.site.store, chosen, limit=SHOWN)
    return context.show(DeliveriesPage(state=chosen.value, states=[known.value for known in DeliveryState], rows=rows))


@router.get("/suppressions")
def suppressed(context: ContextDep) -> Response:
    """Show the suppressed addresses."""
    who = _operator(context)
    if who is None:
        return context.show(LoginPage())
    rows = overview.suppressed_addresses(context.site.store)[:SHOWN]
    return context.show(SuppressionsPage(rows=rows, may_lift=who.role.includes(Role.SEND)))


@router.post("/suppressions/lift")
def lift(context: ContextDep, values: FormDep) -> Response:
    """Lift the suppression of an address."""
    if not _may(context, Role.SEND):
        return _forbidden(context)
    bounces.lift(context.site.store, first(values, "address"), context.now)
    return RedirectResponse(context.link("/operator/suppressions"), status_code=303)


@router.get("/groups")
def groups_page(context: ContextDep) -> Response:
    """Show the groups."""
    return context.show(LoginPage()) if _operator(context) is None else _groups(context)


@router.post("/groups")
def save_group(context: ContextDep, values: FormDep) -> Response:
    """Create a group, or change the profile of an existing one."""
    if not _may(context, Role.ADMINISTER):
        return _forbidden(context)
    shared = bool(first(values, "shared"))
    try:
        groups.save_group(
            context.site.store, first(values, "name"), read_profile(values), shared=shared, now=context.now
        )
    except UsageError as error:
        return _groups(context, said=str(error))
    return _groups(context, said="Saved.")


@router.post("/groups/{group}/invitations")
def invite(context: ContextDep, group: Annotated[int, Path(ge=1, le=2**53)], values: FormDep) -> Response:
    """Send an invitation to each address."""
    if not _may(context, Role.ADMINISTER):
        return _forbidden(context)
    addresses = first(values, "addresses").replace(",", " ").replace(";", " ").split()
    try:
        made = groups.invite_to(context.site.store, group, addresses, context.site.settings, context.now)
    except UsageError as error:
        return _groups(context, said=str(error))
    context.site.wake()
    held = f" Not invited: {', '.join(made.held)}." if made.held else ""
    return _groups(context, said=f"Invitations sent: {made.invited}.{held}")


def _operator(context: RequestContext) -> Operator | None:
    session = context.request.cookies.get(COOKIE, "")
    if not session:
        return None
    return operators.operator_of_session(context.site.store, session, context.now)


def _cookie_path(context: RequestContext) -> str:
    root: str = context.request.scope["root_path"]
    return f"{root}/operator"


def _may(context: RequestContext, role: Role) -> bool:
    who = _operator(context)
    return who is not None and who.role.includes(role)


def _forbidden(context: RequestContext) -> Response:
    return context.fail(
        403, "Your role does not allow this", "Sign in as an operator with a role that includes this action."
    )


def _groups(context: RequestContext, said: str = "") -> Response:
    rows = [
        GroupView(
            id=group.id,
            name=group.name,
            shared=group.shared,
            members=group.members,
            keywords="\n".join(map(line_of, group.profile.keywords)),
        )
        for group in groups.all_groups(context.site.store)
    ]
    return context.show(GroupsPage(rows=rows, may_change=_may(context, Role.ADMINISTER), said=said), linkable=False)


def _figures(report: object) -> str:
    """Return the counts of a report that are not zero, as one line of text."""
    counts = report.items() if isinstance(report, dict) else ()
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts if isinstance(count, int) and count)
