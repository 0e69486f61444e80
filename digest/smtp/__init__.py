"""SMTP: messages to a relay, many connections in one thread, every step driven by itself and under a time-out.

`Courier.carry` takes parcels and a `Record` (the ledger's intents and marks); this room touches no store.
"""

from digest.smtp.courier import Courier
from digest.smtp.parcels import Later, Listed, Parcel, Record, Supply
from digest.smtp.session import Extensions, probe

__all__ = ["Courier", "Extensions", "Later", "Listed", "Parcel", "Record", "Supply", "probe"]
