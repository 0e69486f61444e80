# Recipes for people who change the program: `just --list`. `pip install -e '.[dev]'` brings `just` itself.

set positional-arguments

export NO_MKDOCS_2_WARNING := "1"

bin := justfile_directory() / ".venv/bin"

# List the recipes.
default:
    @just --list

# Check format, lint, types, import contracts and documentation.
check:
    {{ bin }}/ruff format --check .
    {{ bin }}/ruff check .
    {{ bin }}/mypy
    {{ bin }}/lint-imports
    {{ bin }}/mkdocs build --strict --quiet -f .mkdocs.yml

# Run the tests; arguments go to pytest: `just test tests/unit -k ranking`.
test *arguments:
    {{ bin }}/pytest "$@"

# Format the code, repair what lint can repair, and regenerate the reference pages.
fix: reference
    {{ bin }}/ruff check --fix .
    {{ bin }}/ruff format .

# Regenerate the reference pages that are made from code.
reference:
    {{ bin }}/python -m digest.cli.commands_reference > docs/reference/commands.md
    {{ bin }}/python -m digest.cli.settings_reference > docs/reference/settings.md
    {{ bin }}/python -m tests.gallery.reference > docs/reference/templates.md

# Run one benchmark: `just bench delivery`; the others are in tests/benchmarks.
bench name *arguments:
    {{ bin }}/python -m tests.benchmarks.{{ name }} "${@:2}"

# Serve the documentation on http://127.0.0.1:8000 and reload it as you write.
docs:
    {{ bin }}/mkdocs serve -f .mkdocs.yml
