"""The store: all SQL of the program, on SQLite and PostgreSQL.

`open_store` gives a `Store`; its transactions are what the functions of the modules here take first.
"""

from digest.storage.database import delivery_schema as _delivery_schema  # their tables belong to the same schema  # noqa: F401
from digest.storage.database import web_schema as _web_schema  # noqa: F401
from digest.storage.database.transactions import Store, Tx, open_store

__all__ = ["Store", "Tx", "open_store"]
