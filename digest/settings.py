"""Settings: one frozen value per section, with the meaning of each setting. The command line reads them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

import idna
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


@dataclass(frozen=True)
class TextKind:
    """What kind of value a text setting holds, so that the command line can make paths absolute."""

    meaning: str


LOCATION = TextKind("a file or folder, relative to the folder of digest.toml")
DATABASE = TextKind("a database address; an SQLite file is relative to the folder of digest.toml")
Location = Annotated[str, LOCATION]
DatabaseUrl = Annotated[str, DATABASE]


class Section(BaseModel):
    """Base of all sections: frozen, rejects unknown names."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoreSettings(Section):
    url: DatabaseUrl = Field(
        default="sqlite:///digest.db", description="database: sqlite:///FILE or postgresql+psycopg://…"
    )
    create: bool = Field(
        default=False,
        description="whether `digest run`, `deliver`, `serve` and `worker` create a store that is missing",
    )
    busy_seconds: float = Field(
        default=60, gt=0, description="how long ingest waits for another ingest to finish before it gives up (exit 5)"
    )


class SenderSettings(Section):
    name: str = Field(default="Paper Digest", description="display name in From")
    address: str = Field(
        default="digest@example.org", description="address in From; its domain is also used in Message-ID and List-Id"
    )
    postal: str = Field(default="", description="postal address of the sender, shown in the footer")
    bounces: str = Field(
        default="", description="envelope sender, made unique for each delivery by +TOKEN; empty: the From address"
    )
    unsubscribe: str = Field(default="", description="address for unsubscribing by e-mail; empty: the From address")


class SmtpSettings(Section):
    host: str = Field(default="localhost", description="host name of the relay")
    port: int = Field(default=25, ge=1, le=65535, description="port of the relay")
    tls: Literal["starttls", "tls", "none"] = Field(default="starttls", description="starttls, tls or none")
    user: str = Field(default="", description="user name for AUTH; empty: no AUTH")
    password: SecretStr = Field(
        default=SecretStr(""), description="password; better set in DIGEST_SMTP__PASSWORD or a secret file"
    )
    token_command: str = Field(
        default="",
        description="command that prints an OAuth 2.0 access token for user (AUTH XOAUTH2), in place of a password",
    )
    ehlo_name: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9.-]+|\[[0-9A-Fa-f.:IPv]+\])?$",
        description="name in EHLO; empty: the host of web.url, else the domain of sender.address",
    )
    timeout_seconds: float = Field(
        default=60,
        gt=0,
        le=300,
        description="time-out of each SMTP step, at most 300; five times as long for the reply after the message",
    )
    ca_file: Location = Field(
        default="", description="additional certificate authority (PEM) to trust, for a relay with a private one"
    )
    connections: int = Field(default=4, ge=1, le=64, description="connections that one process keeps open at a time")
    connections_in_all: int = Field(
        default=0, ge=0, le=1000, description="connections at a time, all processes together; 0: no limit"
    )
    messages_per_second: float = Field(
        default=0, ge=0, description="messages per second, all processes and connections together; 0: no limit"
    )


class RelaySettings(SmtpSettings):
    name: str = Field(description="name of the relay in reports and limits")
    share: float = Field(
        default=1, gt=0, description="weight of the relay: how much of the mail it gets, relative to the others"
    )
    warm_up_from: date | None = Field(
        default=None, description="first day of a new relay, which then gets more mail each day; none: no warm-up"
    )
    warm_up_first: int = Field(
        default=200, ge=1, description="messages on the first day of the warm-up; twice as many on each following day"
    )


class DomainSettings(Section):
    name: str = Field(description="domain of the recipients")
    messages_per_second: float = Field(
        default=0, ge=0, description="messages per second to the domain, all processes and relays together; 0: no limit"
    )
    connections: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="connections that send to the domain at a time, all processes and relays together; 0: no limit",
    )


class DeliverySettings(Section):
    canary: float = Field(
        default=0, ge=0, lt=1, description="share of a delivery that is sent first, as a test; 0: no canary"
    )
    canary_failures: float = Field(
        default=0.05, ge=0, le=1, description="share of failed canary messages above which the rest is held"
    )
    resend_unknown: bool = Field(
        default=False,
        description="send a message again when it is unknown whether it arrived: at least once instead of at most once",
    )


class BouncesSettings(Section):
    maildir: Location = Field(
        default="", description="Maildir that receives the mail to the bounce and unsubscribe addresses"
    )
    imap_host: str = Field(
        default="", description="IMAP server (TLS) with the mailbox of the bounce and unsubscribe addresses"
    )
    imap_port: int = Field(default=993, ge=1, le=65535, description="port of the IMAP server")
    imap_user: str = Field(default="", description="user name on the IMAP server")
    imap_password: SecretStr = Field(
        default=SecretStr(""), description="password; better set in DIGEST_BOUNCES__IMAP_PASSWORD or a secret file"
    )
    imap_folder: str = Field(default="INBOX", description="folder to read; messages that were read are marked as seen")
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="key that signs webhook calls about bounces; empty: the webhook is off"
    )


class WebSettings(Section):
    url: str = Field(
        default="", description="address that links in e-mails begin with; empty: no links, unsubscribe by e-mail only"
    )
    host: str = Field(default="127.0.0.1", description="address that `digest serve` listens on")
    port: int = Field(default=8000, ge=0, le=65535, description="port that `digest serve` listens on; 0: any free one")
    trusted_proxies: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="addresses or networks whose X-Forwarded-* headers are trusted"
    )
    metrics_from: tuple[str, ...] = Field(
        default=("127.0.0.1", "::1"), description="addresses or networks that may read /metrics"
    )
    requests_per_network: int = Field(
        default=20, ge=1, description="sign-ups and link requests per hour from one network (/24 or /64)"
    )
    requests_per_hour: int = Field(
        default=2000, ge=1, description="sign-ups and link requests per hour from everyone together"
    )


class SubscribersSettings(Section):
    folder: Location = Field(default="subscribers", description="folder of the profile files")


class IssueSettings(Section):
    max_age_days: int = Field(default=14, ge=1, description="papers first seen longer ago are not considered")
    first_issue_days: int = Field(
        default=7, ge=0, description="how many days back the first issue of a new subscriber looks"
    )
    semantic: bool = Field(
        default=False, description="whether papers with a similar meaning match as well; needs the extra `semantic`"
    )
    semantic_model: str = Field(
        default="all-MiniLM-L6-v2", description="sentence-transformers model: its name or its folder"
    )


class TemplatesSettings(Section):
    folder: Location = Field(default="", description="folder with templates that replace those of the program")
    theme: str = Field(default="default", description="theme: a file in templates/theme")


class AlertsSettings(Section):
    address: str = Field(
        default="",
        description="address that gets an alert, at most once a day, when issues were not sent; empty: no alerts",
    )


class SchedulerSettings(Section):
    sources_minutes: int = Field(default=30, ge=1, description="how often `digest serve` reads the sources")
    workers: bool = Field(
        default=False, description="whether `digest worker` processes plan and deliver (PostgreSQL only)"
    )


class HousekeepingSettings(Section):
    keep_issues_days: int = Field(
        default=100, ge=90, description="days to keep the content of issues; vote links work for 90 days"
    )
    keep_deliveries_days: int = Field(
        default=400,
        ge=90,
        description="days to keep the record of who got an issue when; unsubscribe links work as long",
    )
    keep_runs_days: int = Field(default=400, ge=1, description="days to keep the reports of runs")


class WorkerSettings(Section):
    concurrency: int = Field(default=2, ge=1, le=64, description="jobs that one `digest worker` runs at a time")
    poll_seconds: float = Field(
        default=5, gt=0, description="how often a worker polls for jobs that it was not notified of"
    )
    heartbeat_seconds: float = Field(default=10, gt=0, description="how often a worker records that it is alive")
    stalled_seconds: float = Field(
        default=30,
        gt=0,
        description="time without a heartbeat after which a worker counts as dead and others take its jobs",
    )
    upkeep_seconds: int = Field(default=10, ge=1, le=30, description="how often to look for jobs of dead workers")


class FetchingSettings(Section):
    allow_private: bool = Field(
        default=False, description="whether private addresses may be fetched, such as 10.0.0.1 or localhost"
    )
    step_seconds: float = Field(default=20, gt=0, description="longest time to wait for a server to answer or continue")
    total_seconds: float = Field(default=120, gt=0, description="longest time for one complete response")
    source_seconds: float = Field(
        default=180, gt=0, description="longest time for one source in a run, retries and pauses included"
    )
    run_seconds: float = Field(
        default=300, gt=0, description="longest time for all sources of a run; the next run reads the remaining ones"
    )
    megabytes: int = Field(default=50, ge=1, le=200, description="largest response, uncompressed")
    retries: int = Field(default=3, ge=0, le=10, description="how often to retry when a server is busy")
    longest_pause_seconds: float = Field(
        default=60,
        ge=0,
        description="longest wait that a busy server may ask for; if it asks for more, the next run retries",
    )
    pause_seconds: float = Field(default=3, ge=0, description="pause between two requests to one host")
    contact: str = Field(
        default="",
        description="e-mail address or URL of the operator, sent in the User-Agent header; "
        "an address also goes to OpenAlex, Crossref and NCBI as they ask",
    )
    pages: int = Field(default=3, ge=1, le=50, description="most pages of one query, of 100 papers each")
    openalex_key: SecretStr = Field(default=SecretStr(""), description="API key for OpenAlex")
    ncbi_key: SecretStr = Field(default=SecretStr(""), description="API key for NCBI (PubMed)")
    semantic_scholar_key: SecretStr = Field(default=SecretStr(""), description="API key for Semantic Scholar")
    ads_key: SecretStr = Field(default=SecretStr(""), description="API token for NASA ADS")


class SourceSettings(Section):
    name: str = Field(description="name of the source in reports and on papers")
    path: Location = Field(default="", description="folder or file with listings")
    url: str = Field(default="", description="address of a listing")
    preset: str = Field(
        default="",
        description="predefined source: arxiv:cs.CL+cs.LG, huggingface:daily, openalex:QUERY, pubmed:QUERY and others",
    )
    format: str = Field(default="", description="format of the listings; empty: detected from the content")


class DkimSettings(Section):
    selector: str = Field(description="selector under which the public key is published: SELECTOR._domainkey.DOMAIN")
    key_file: Location = Field(description="private key in PEM, without a password: RSA (2048 bits) or Ed25519")
    domain: str = Field(default="", description="signing domain; empty: the domain of the sender's address")


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

    @model_validator(mode="after")
    def _name_in_ehlo(self) -> Settings:
        """Fill in the name that relays are greeted with: in a container the machine's own name is none they accept."""
        name = _domain_name(urlsplit(self.web.url).hostname or "") or _domain_name(
            self.sender.address.rpartition("@")[2]
        )
        relays = [one if one.ehlo_name else one.model_copy(update={"ehlo_name": name}) for one in self.relays]
        smtp = self.smtp if self.smtp.ehlo_name else self.smtp.model_copy(update={"ehlo_name": name})
        object.__setattr__(self, "smtp", smtp)
        object.__setattr__(self, "relays", tuple(relays))
        return self


def _domain_name(host: str) -> str:
    """Return a host name in ASCII; empty for an address, and for a name without a dot."""
    with suppress(idna.IDNAError):
        name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
        if "." in name and not name.replace(".", "").isdigit() and re.fullmatch(r"[A-Za-z0-9.-]+", name):
            return name
    return ""
