"""Settings: one frozen value a room, with the meaning of each setting; read from the world by the entrances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


@dataclass(frozen=True)
class Mark:
    """What a text setting stands for, so that the entrances can make it absolute."""

    meaning: str


LOCATION = Mark("a file or folder, relative to the folder of digest.toml")
DATABASE = Mark("a database address; the file of an SQLite database is relative to the folder of digest.toml")
Location = Annotated[str, LOCATION]
DatabaseUrl = Annotated[str, DATABASE]


class Section(BaseModel):
    """Base of all sections: frozen, unknown names refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Section):
    url: DatabaseUrl = Field(
        default="sqlite:///digest.db", description="database: sqlite:///FILE or postgresql+psycopg://…"
    )
    busy_seconds: float = Field(
        default=60, gt=0, description="how long ingest waits for another ingest before it gives up (exit 5)"
    )


class SenderSettings(Section):
    name: str = Field(default="Paper Digest", description="display name in From")
    address: str = Field(
        default="digest@example.org", description="address in From; its domain is that of Message-ID and List-Id"
    )
    postal: str = Field(default="", description="postal address of the sender, shown in the footer")
    bounces: str = Field(
        default="", description="envelope sender, made unique per delivery by +TOKEN; empty: the From address"
    )
    unsubscribe: str = Field(default="", description="address for unsubscribing by mail; empty: the From address")


class SmtpSettings(Section):
    host: str = Field(default="localhost", description="relay's host name")
    port: int = Field(default=25, ge=1, le=65535, description="relay's port")
    tls: Literal["starttls", "tls", "none"] = Field(default="starttls", description="starttls, tls or none")
    user: str = Field(default="", description="user name for AUTH; empty: no AUTH")
    password: SecretStr = Field(
        default=SecretStr(""), description="password; better in DIGEST_SMTP__PASSWORD or a secret file"
    )
    timeout_seconds: float = Field(
        default=60,
        gt=0,
        le=300,
        description="time-out of each SMTP step, at most 300; five times as long after the final dot",
    )
    ca_file: Location = Field(
        default="", description="further certificate authority (PEM) to trust, for a relay with a private one"
    )
    connections: int = Field(default=4, ge=1, le=64, description="connections at a time")
    connections_in_all: int = Field(
        default=0, ge=0, le=1000, description="connections at a time over all processes; 0: no limit"
    )
    messages_per_second: float = Field(
        default=0, ge=0, description="messages a second over all processes and connections; 0: no limit"
    )


class RelaySettings(SmtpSettings):
    name: str = Field(description="name of the relay in reports and limits")
    share: float = Field(default=1, gt=0, description="share of the mail that it gets, relative to the other relays")
    warm_up_from: date | None = Field(
        default=None, description="first day of a new relay, which gets more each day; none: it is warm"
    )
    warm_up_first: int = Field(
        default=200, ge=1, description="messages on the first day of warming up; twice as many on each day after"
    )


class DomainSettings(Section):
    name: str = Field(description="domain of recipients")
    messages_per_second: float = Field(
        default=0, ge=0, description="messages a second to it, over all processes and relays; 0: no limit"
    )
    connections: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="connections that carry a message to it at a time, over all processes and relays; 0: no limit",
    )


class DeliverySettings(Section):
    canary: float = Field(
        default=0, ge=0, lt=1, description="share of a delivery that is sent first, to see how it is taken; 0: none"
    )
    canary_failures: float = Field(
        default=0.05, ge=0, le=1, description="share of failures in it above which everything is held"
    )
    resend_unknown: bool = Field(
        default=False, description="send again what may or may not have arrived: at least once instead of at most once"
    )


class BouncesSettings(Section):
    maildir: Location = Field(default="", description="Maildir that mail to the bounce address is delivered to")
    imap_host: str = Field(default="", description="IMAP server (TLS) with the mailbox of the bounce address")
    imap_port: int = Field(default=993, ge=1, le=65535, description="IMAP server's port")
    imap_user: str = Field(default="", description="user name at the IMAP server")
    imap_password: SecretStr = Field(
        default=SecretStr(""), description="password; better in DIGEST_BOUNCES__IMAP_PASSWORD or a secret file"
    )
    imap_folder: str = Field(default="INBOX", description="folder to read; what was read is marked as seen")
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="key that signs webhook calls about bounces; empty: none are taken"
    )


class WebSettings(Section):
    url: str = Field(
        default="", description="what the links in the mails begin with; empty: unsubscribe by mailto only"
    )
    host: str = Field(default="127.0.0.1", description="address that `digest serve` listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="port that `digest serve` listens on; 0: any free one")
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="addresses or networks whose X-Forwarded-* headers are believed"
    )
    metrics_from: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="addresses or networks that may read /metrics"
    )
    requests_per_network: int = Field(
        default=20, ge=1, description="sign-ups and requests for links that one network (/24, /64) may make an hour"
    )
    requests_per_hour: int = Field(
        default=2000, ge=1, description="sign-ups and requests for links that are taken an hour, over all"
    )


class SubscribersSettings(Section):
    folder: Location = Field(default="subscribers", description="folder of the profile files")


class IssueSettings(Section):
    max_age_days: int = Field(default=14, ge=1, description="papers seen longer ago are not considered")
    first_issue_days: int = Field(default=7, ge=0, description="how far back a new subscriber's first issue looks")
    semantic: bool = Field(
        default=False, description="whether papers near in meaning count as well; needs the extra `semantic`"
    )
    semantic_model: str = Field(
        default="all-MiniLM-L6-v2", description="model of sentence-transformers: its name or its folder"
    )


class TemplatesSettings(Section):
    folder: Location = Field(default="", description="folder whose templates replace those that ship with the program")
    theme: str = Field(default="default", description="theme: a file in templates/theme")


class AlertsSettings(Section):
    address: str = Field(
        default="", description="where to mail, once a day at most, that issues did not go out; empty: nowhere"
    )


class SchedulerSettings(Section):
    sources_minutes: int = Field(default=30, ge=1, description="how often `digest serve` reads the sources")
    workers: bool = Field(
        default=False, description="leave planning and delivering to `digest worker` (PostgreSQL only)"
    )


class HousekeepingSettings(Section):
    keep_issues_days: int = Field(
        default=100, ge=90, description="how long the content of issues is kept; links to votes live 90 days"
    )
    keep_deliveries_days: int = Field(
        default=400, ge=90, description="how long it is kept who got an issue when; unsubscribe links work as long"
    )
    keep_runs_days: int = Field(default=400, ge=1, description="how long reports of runs are kept")


class WorkerSettings(Section):
    concurrency: int = Field(default=2, ge=1, le=64, description="jobs that one `digest worker` does at a time")
    poll_seconds: float = Field(default=5, gt=0, description="how often a worker looks for jobs it was not told of")
    heartbeat_seconds: float = Field(default=10, gt=0, description="how often a worker says that it is alive")
    stalled_seconds: float = Field(
        default=30, gt=0, description="silence after which a worker counts as dead and others do its jobs"
    )
    upkeep_seconds: int = Field(default=10, ge=1, le=30, description="how often jobs of dead workers are looked for")


class FetchingSettings(Section):
    allow_private: bool = Field(
        default=False, description="whether addresses of the own network may be fetched: 10.0.0.1, localhost"
    )
    step_seconds: float = Field(default=20, gt=0, description="longest silence of a server")
    total_seconds: float = Field(default=120, gt=0, description="longest time for one answer as a whole")
    megabytes: int = Field(default=50, ge=1, le=200, description="size at which an answer is given up, unpacked")
    retries: int = Field(default=3, ge=0, le=10, description="how often a busy server is asked again")
    longest_pause_seconds: float = Field(
        default=60, ge=0, description="longest wait that a busy server may ask for; beyond it the next run tries again"
    )
    pause_seconds: float = Field(default=3, ge=0, description="pause between two requests to one host")
    contact: str = Field(default="", description="address or URL of the operator, sent to the servers as who is asking")


class SourceSettings(Section):
    name: str = Field(description="name of the source in reports and on papers")
    path: Location = Field(default="", description="folder or file with listings")
    url: str = Field(default="", description="address of a listing")
    preset: str = Field(
        default="", description="ready-made source: arxiv:cs.CL+cs.LG, huggingface:daily, biorxiv:neuroscience"
    )
    format: str = Field(default="", description="format of the listings; empty: recognised by content")


class DkimSettings(Section):
    selector: str = Field(description="selector that the public key is published under: SELECTOR._domainkey.DOMAIN")
    key_file: Location = Field(description="private key in PEM, without a password: RSA (2048 bits) or Ed25519")
    domain: str = Field(default="", description="domain that signs; empty: that of the sender's address")


class Settings(Section):
    """All settings of one installation."""

    store: StoreSettings = StoreSettings()
    sender: SenderSettings = SenderSettings()
    smtp: SmtpSettings = SmtpSettings()
    relays: tuple[RelaySettings, ...] = ()
    domains: tuple[DomainSettings, ...] = ()
    delivery: DeliverySettings = DeliverySettings()
    bounces: BouncesSettings = BouncesSettings()
    web: WebSettings = WebSettings()
    subscribers: SubscribersSettings = SubscribersSettings()
    issue: IssueSettings = IssueSettings()
    templates: TemplatesSettings = TemplatesSettings()
    alerts: AlertsSettings = AlertsSettings()
    scheduler: SchedulerSettings = SchedulerSettings()
    housekeeping: HousekeepingSettings = HousekeepingSettings()
    worker: WorkerSettings = WorkerSettings()
    fetching: FetchingSettings = FetchingSettings()
    sources: tuple[SourceSettings, ...] = ()
    dkim: tuple[DkimSettings, ...] = ()
