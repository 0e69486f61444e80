"""The database: engine, schema, migrations, transactions, and the queue of writers."""
