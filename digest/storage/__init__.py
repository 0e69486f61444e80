"""The store: all SQL of the program, on SQLite and PostgreSQL.

`open_store` returns a `Store`. The functions of this package take one of its transactions as their first argument.
"""

from digest.storage.database import delivery_schema as _delivery_schema  # registers its tables  # noqa: F401
from digest.storage.database import web_schema as _web_schema  # noqa: F401
from digest.storage.database.transactions import Store, Tx, open_store, store_address

__all__ = ["Store", "Tx", "open_store", "store_address"]
