"""Profile files: one TOML file per subscriber. Reading reports every fault by line; writing keeps comments.

::

    address = "ada@example.com"
    name = "Ada"
    timezone = "Europe/Berlin"
    hour = "07:30"
    days = ["mon", "tue", "wed", "thu", "fri"]
    [profile]
    keywords = [{ term = "hyperparameter optimization", weight = 2 }, "learning rate"]
    exclude = ["federated learning"]
    authors = ["Frank Hutter"]
    minimum_match = 30
    papers = 10
"""

from digest.profile_files.reading import ProfileFile, read_profile_file, read_subscription, read_values
from digest.profile_files.tabular import COLUMNS, Row, csv_of, json_of, read_table
from digest.profile_files.writing import subscription_values, write_subscription

__all__ = [
    "COLUMNS",
    "ProfileFile",
    "Row",
    "csv_of",
    "json_of",
    "read_profile_file",
    "read_subscription",
    "read_table",
    "read_values",
    "subscription_values",
    "write_subscription",
]
