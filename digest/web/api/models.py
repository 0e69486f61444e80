"""Requests and responses of the API, with the rules that OpenAPI can express."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from digest.addresses import MAX_ADDRESS_LENGTH
from digest.profiles import (
    DEFAULT_MINIMUM_MATCH,
    DEFAULT_PAPERS,
    MAX_PAPERS,
    MAX_TERM_LENGTH,
    MAX_TERMS,
    MAX_WEIGHT,
    Keyword,
    Profile,
)
from digest.subscribers import MAX_NAME_LENGTH, WEEKDAYS, Cadence, Schedule, Subscription

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Model(BaseModel):
    """Base class of all models: unknown names are refused."""

    model_config = ConfigDict(extra="forbid")


class KeywordModel(Model):
    term: str = Field(min_length=1, max_length=MAX_TERM_LENGTH)
    weight: float = Field(default=1.0, gt=0, le=MAX_WEIGHT)
    acronyms: bool = Field(default=True, description="whether a known short or long form counts as well")


class ProfileModel(Model):
    keywords: list[KeywordModel] = Field(default=[], max_length=MAX_TERMS)
    exclude: list[str] = Field(default=[], max_length=MAX_TERMS)
    authors: list[str] = Field(default=[], max_length=MAX_TERMS)
    categories: list[str] = Field(default=[], max_length=MAX_TERMS)
    minimum_match: int = Field(default=DEFAULT_MINIMUM_MATCH, ge=0, le=100)
    papers: int = Field(default=DEFAULT_PAPERS, ge=1, le=MAX_PAPERS)
    trending: bool = False

    def profile(self) -> Profile:
        """Return the profile that the model describes."""
        keywords = tuple(Keyword(term=k.term, weight=k.weight, acronyms=k.acronyms) for k in self.keywords)
        return Profile(
            keywords=keywords,
            exclude=tuple(self.exclude),
            authors=tuple(self.authors),
            categories=tuple(self.categories),
            minimum_match=self.minimum_match,
            papers=self.papers,
            trending=self.trending,
        )


class SubscriptionModel(Model):
    address: str = Field(max_length=MAX_ADDRESS_LENGTH)
    name: str = Field(default="", max_length=MAX_NAME_LENGTH)
    language: str = Field(default="en", max_length=20)
    timezone: str = Field(default="UTC", max_length=64, description="name in the tz database")
    hour: str = Field(default="07:00", pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")
    days: list[Weekday] = Field(default=["mon", "tue", "wed", "thu", "fri"], min_length=1, max_length=7)
    cadence: Cadence = Cadence.DAILY
    profile: ProfileModel = ProfileModel()

    def subscription(self) -> Subscription:
        """Return the subscription that the model describes."""
        schedule = Schedule(
            timezone=self.timezone,
            hour=time.fromisoformat(self.hour.strip()),
            days=frozenset(WEEKDAYS.index(day) for day in self.days),
            cadence=self.cadence,
        )
        return Subscription(
            address=self.address,
            name=self.name,
            language=self.language,
            schedule=schedule,
            profile=self.profile.profile(),
        )


class SignUpModel(SubscriptionModel):
    stamp: str = Field(max_length=200, description="from GET /stamp, between 3 seconds and an hour old")
    website: str = Field(default="", max_length=1000, description="must stay empty; people do not see it")


class FormTimestampModel(Model):
    stamp: str


class AcceptedModel(Model):
    status: Literal["accepted"] = "accepted"


class TokenModel(Model):
    token: str = Field(max_length=200)


class AddressModel(Model):
    address: str = Field(max_length=MAX_ADDRESS_LENGTH)


class ConfirmedModel(Model):
    state: str
    first_issue: date | None
    manage_token: str = Field(description="for Authorization: Bearer; empty when already confirmed")


class SubscriptionStatusModel(Model):
    state: str
    paused_until: date | None
    next_issue: date | None
    owner: str
    subscription: SubscriptionModel


class StateModel(Model):
    state: Literal["active", "paused", "unsubscribed"]
    until: date | None = Field(default=None, description="for paused: the first day with issues again")


class VoteModel(Model):
    value: Literal[1, -1]


class GivenVoteModel(Model):
    paper: int
    title: str
    value: int
    at: datetime


class ReasonModel(Model):
    term: str
    kind: str
    field: str
    contribution: float
    words: str = Field(description="the words of the paper that match the term")
    share: float = Field(description="share of the term's weight that these words carry, above 0, up to 1")


class PaperModel(Model):
    number: int
    key: str
    title: str
    abstract: str
    authors: list[str]
    arxiv_id: str | None
    doi: str | None
    categories: list[str]
    link: str
    first_seen: datetime


class PickModel(Model):
    paper: PaperModel
    match: int | None
    reasons: list[ReasonModel] = Field(description="the strongest ones, at most 20")


class KeywordDiagnosisModel(Model):
    term: str
    everything: bool = Field(description="true: in nearly every paper; false: in none")
    share: int
    instead: list[str]


class PreviewModel(Model):
    picks: list[PickModel]
    more: int
    considered: int
    advice: list[KeywordDiagnosisModel]


class SearchResultsModel(Model):
    papers: list[PaperModel]
    total: int


class SubscriberModel(Model):
    number: int
    address: str
    state: str
    owner: str
    since: datetime
    next_due: datetime | None


class SubscriberPageModel(Model):
    subscribers: list[SubscriberModel]
    next: int | None = Field(description="value of ?after= for the next page; null on the last page")


class RunModel(Model):
    id: int
    kind: str
    started: datetime
    ended: datetime | None
    report: dict[str, Any] | None


class DeliveryModel(Model):
    id: int
    subscriber: int
    issue_date: date
    state: str
    attempts: int
    sent_at: datetime | None
    last_code: int | None
    last_reply: str


class SuppressionModel(Model):
    address: str
    reason: str
    since: datetime


class ImportModel(Model):
    subscribers: list[dict[str, Any]] = Field(max_length=100_000, description="in the format of the export")
    dry_run: bool = False


class RowProblemModel(Model):
    file: str
    line: int | None
    field: str
    reason: str


class ImportedModel(Model):
    rows: int
    added: dict[str, int] = Field(description="state to number of subscribers")
    known: int
    erased: int
    problems: list[RowProblemModel]
    dry_run: bool


class ProblemModel(Model):
    error: str = Field(description="what is wrong, as a sentence")
    fields: dict[str, str] = Field(default={}, description="field to its fault")
