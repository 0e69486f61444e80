"""The command line: each command reads its arguments, calls one run and shows the result.

To add a command `digest retry`, add:

1.  a line in COMMANDS below with its name and summary, so that `digest --help` imports no command;
2.  a module `digest/cli/retry.py` (a hyphen in the name becomes an underscore) with a function of that name::

        @command(reports=True)          # reports=True adds --json
        @click.argument("email")
        def retry(invocation: Invocation, email: str) -> None:
            \"\"\"Send unconfirmed issues again.\"\"\"    # the first line is the summary, without the full stop
            with invocation.store() as store:
                report = runs.retry(store, invocation.settings, email, now=invocation.now)
            invocation.show(report.as_dict(), f"{report.sent} sent again")

The module can import what it needs at its top, because it is loaded only when the command is called. Do not catch
the errors in `digest.errors`: `exits` turns them into a message and an exit code.
"""

from digest.cli.command_group import LazyGroup, main_group

COMMANDS = {
    "demo": "Run everything on the sample data that ships with the program",
    "init": "Write a commented digest.toml and a first profile, and create the store",
    "ingest": "Read listings into the store",
    "papers": "List the stored papers",
    "subscribers": "Manage the subscribers",
    "operators": "Manage operators and their tokens",
    "keys": "Manage the keys that sign the links in e-mails",
    "score": "Show the ranking for one subscriber, with its reasons",
    "render": "Write one subscriber's issue to files",
    "run": "Read the sources, plan the issues that are due, and send them",
    "deliver": "Send the issues that are already planned",
    "bounces": "Process returned e-mail: bounces, complaints, unsubscribe requests",
    "hold": "Stop all sending at once, in every process",
    "release": "Resume sending after `digest hold` or a failed canary",
    "preview": "Preview issues in the browser",
    "serve": "Serve the web pages and run the scheduler",
    "worker": "Run the jobs of a PostgreSQL store",
    "store": "Manage the database",
    "doctor": "Check configuration, store and e-mail, and say what to fix",
    "report": "Show recent activity, and who got no issue and why",
    "evaluate": "Measure relevance on a labeled collection",
}

main: LazyGroup = main_group(COMMANDS)

__all__ = ["COMMANDS", "main"]
