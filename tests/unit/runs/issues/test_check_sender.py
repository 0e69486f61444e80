"""Settings that no message can be made with are refused before anything is planned or sent."""

from __future__ import annotations

import pytest

from digest.deliveries import DeliveryState
from digest.errors import ConfigurationError
from digest.fetching.templates import load_templates
from digest.rendering import MailRenderer
from digest.runs.delivery.deliver import composer, composers
from digest.runs.issues.compose import masthead
from digest.runs.issues.plan import plan
from digest.runs.issues.sender_identity import check_sender
from digest.runs.pipeline.run import run
from digest.settings import SenderSettings, Settings, WebSettings
from digest.signed_links import Keyring
from digest.storage import Store
from digest.storage.delivery import ledger
from tests.unit.runs.samples import DUE, SETTINGS, TUNING, ingested, profile, subscribed


@pytest.mark.parametrize(
    ("sender", "web"),
    [
        ({"address": "weekly-paper-letters@lab.example"}, ""),
        ({"bounces": "returned-mail-robot@lab.example"}, ""),
        ({"unsubscribe": "unsubscribe-robot@lab.example"}, ""),
        ({"address": "Digest <digest@lab.example>"}, ""),
        ({"address": "d\u00fcgest@lab.example"}, ""),
        ({"address": "digest"}, ""),
        ({"address": "digest@lab..example"}, ""),
        ({}, "lab.example"),
        ({}, "ftp://lab.example"),
        ({}, "https://"),
        ({}, "https://lab.example/?a=b"),
        ({}, "https://b\u00fccher.example"),
        ({}, "https://lab.example/a b"),
        ({}, "https://lab.example:port"),
    ],
)
def test_settings_that_no_message_can_be_made_with_are_refused(sender: dict[str, str], web: str) -> None:
    chosen = SenderSettings.model_validate({"address": "digest@lab.example"} | sender)
    settings = SETTINGS.model_copy(update={"sender": chosen, "web": WebSettings(url=web)})
    with pytest.raises(ConfigurationError):
        check_sender(settings)


@pytest.mark.parametrize("address", ["digest@lab.example", "digest@b\u00fccher.example", "paper-letters-x@lab.example"])
@pytest.mark.parametrize("web", ["", "https://lab.example", "http://127.0.0.1:8000/papers/"])
def test_others_are_accepted(address: str, web: str) -> None:
    check_sender(Settings(sender=SenderSettings(address=address), web=WebSettings(url=web)))


def test_issues_that_were_planned_before_the_setting_went_wrong_are_kept(store: Store) -> None:
    ingested(store, [TUNING])
    subscribed(store, "ada", profile("learning rate"))
    plan(store, SETTINGS, DUE)
    wrong = SETTINGS.model_copy(update={"sender": SenderSettings(address="weekly-paper-letters@lab.example")})
    renderer = MailRenderer.load(load_templates(), masthead(wrong.sender))
    for begin in (
        lambda: run(store, wrong, renderer, DUE),
        lambda: composer(renderer, Keyring(keys=(b"k" * 32,)), wrong),
        lambda: composers(store, renderer, wrong),
    ):
        with pytest.raises(ConfigurationError):
            begin()
    with store.reading() as tx:
        assert ledger.counts(tx)[DeliveryState.PLANNED] == 1
