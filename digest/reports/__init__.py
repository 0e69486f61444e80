"""Reports: parsed returned mail: bounces, complaints, automatic replies, unsubscribe requests.

`read_report` reads one mail. What it gives is a claim of whoever wrote the mail; only a valid token in it proves
anything, and the caller checks that.
"""

from digest.reports.delivery_status import RecipientReport
from digest.reports.report import MailKind, MailReport, read_report, tokens_in

__all__ = ["MailKind", "MailReport", "RecipientReport", "read_report", "tokens_in"]
