"""The command line: each command reads its arguments, calls one run and shows the result.

A command `digest retry` is added in two places:

1.  a line in COMMANDS below, its name and its one-line summary, so that `digest --help` imports no command;
2.  a module `digest/cli/retry.py` (a hyphen in the name becomes an underscore) with a function of that name::

        @command(reports=True)          # reports=True adds --json
        @click.argument("email")
        def retry(call: Call, email: str) -> None:
            \"\"\"Send again what is in doubt.\"\"\"      # the first line is the summary, without the full stop
            with call.store() as store:
                report = runs.retry(store, call.settings, email, now=call.now)
            call.show(report.as_dict(), f"{report.sent} sent again")

The module may import what it needs at its top: it is loaded only when the command is called. An error of the family in
`digest.errors` is raised, never caught: `exits` says what the person reads and with which code the program ends.
"""

from digest.cli.command_group import LazyGroup, main_group

COMMANDS = {
    "demo": "Do the whole job on the listing that ships with the program",
    "init": "Write a commented digest.toml and a first profile",
    "ingest": "Read listings into the store",
    "papers": "Show the papers that are known",
    "subscribers": "Look after the audience",
    "operators": "Look after operators and their tokens",
    "keys": "Look after the keys that the links of mails are signed with",
    "score": "Show the ranking for one subscriber, with its reasons",
    "render": "Write one subscriber's issue to files",
    "run": "Ingest, plan what is due, deliver",
    "deliver": "Send what is planned already",
    "bounces": "Read what came back: bounces, complaints, wishes to leave",
    "hold": "Stop all sending at once, in every process",
    "release": "Let mail go again after `digest hold`, or after a first share that failed",
    "preview": "Look at issues in the browser",
    "serve": "Serve the web pages and run the scheduler",
    "worker": "Work on the jobs of a PostgreSQL store",
    "store": "Look after the database",
    "doctor": "Check configuration, store and mail, and say what to fix",
    "report": "Show what happened, and why nothing was sent to whom",
    "evaluate": "Measure relevance on a labelled collection",
}

main: LazyGroup = main_group(COMMANDS)

__all__ = ["COMMANDS", "main"]
