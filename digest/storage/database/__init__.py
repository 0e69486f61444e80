"""The database: engine, schema, migrations, transactions, and the write queue."""
