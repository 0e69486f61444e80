"""Many messages over a bad line: `python -m tests.benchmarks.delivery_faults [--count 100000]`.

Two processes deliver to a server that cuts the connection in place of 1 % of its answers to the final dot (half of
those mails it had taken) and refuses 5 % of the recipients for now. Delivered again as cron would, until nothing is
left, everybody has exactly one mail or a row that says that it is in doubt. Prints the counts; ends with 1 when not.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from digest.deliveries import DeliveryState
from digest.settings import StoreSettings
from digest.storage import Store, open_store
from digest.storage.delivery import ledger
from tests.benchmarks.delivery_world import NOW, fill
from tests.integration.sending import Sending, start
from tests.smtp_server import Do, ScriptedServer, Step

PROCESSES = 2
ROUNDS = 12


class BadLine:
    """The script of the server."""

    def __init__(self) -> None:
        self._chance = random.Random(11)
        self.played: Counter[str] = Counter()

    def __call__(self, step: Step) -> Do | None:
        if step.name == "rcpt" and self._chance.random() < 0.05:
            self.played["4xx"] += 1
            return Do(b"451 4.3.0 later\r\n")
        if step.name == "dot" and self._chance.random() < 0.01:
            self.played["cut"] += 1
            return Do(b"", cut=True, keep=self._chance.random() < 0.5)
        return None


def deliver_all(store: Store, sending: Sending) -> int:
    """Deliver in several processes, again and again, until nothing is left to send; return the rounds."""
    for number in range(ROUNDS):
        at = sending.now + timedelta(hours=number)
        senders = [start(replace(sending, now=at)) for _ in range(PROCESSES)]
        for sender in senders:
            sender.join()
        with store.reading() as tx:
            counts = ledger.counts(tx)
        if not counts[DeliveryState.PLANNED] + counts[DeliveryState.DEFERRED]:
            return number + 1
    return ROUNDS


def main() -> int:
    """Print what became of everybody."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, ScriptedServer(script=(line := BadLine())) as server:
        url = f"sqlite:///{folder}/digest.db"
        store = open_store(StoreSettings(url=url), Path(folder))
        fill(store, wanted.count)
        begun = time.monotonic()
        rounds = deliver_all(store, Sending(store_url=url, port=server.port, now=NOW, connections=4))
        seconds = time.monotonic() - begun
        with store.reading() as tx:
            counts = ledger.counts(tx)
        store.close()
        arrived = Counter(mail.recipient for mail in server.taken)
        twice = sum(1 for count in arrived.values() if count > 1)
        in_doubt = counts[DeliveryState.UNKNOWN]
        missed = wanted.count - len(arrived)
        print(f"{wanted.count} messages, {PROCESSES} processes, {rounds} rounds, {seconds:.0f} s: {dict(line.played)}")
        print({str(state): count for state, count in counts.items() if count})
        print(f"arrived {len(arrived)}, twice {twice}, not arrived {missed} of {in_doubt} in doubt")
        accounted = counts[DeliveryState.SENT] + in_doubt == wanted.count and missed <= in_doubt
        return 0 if accounted and not twice else 1


if __name__ == "__main__":
    sys.exit(main())
