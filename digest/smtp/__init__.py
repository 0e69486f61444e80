"""SMTP: messages to a relay, many connections, every step driven by itself and under a time-out.

`Courier.carry` takes parcels and a `Record` (the ledger's intents and marks); this room touches no store.
"""

from digest.smtp.courier import Courier
from digest.smtp.parcels import Listed, Parcel, Record, Supply
from digest.smtp.session import Extensions, probe

__all__ = ["Courier", "Extensions", "Listed", "Parcel", "Record", "Supply", "probe"]
