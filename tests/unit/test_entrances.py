from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "digest"
ENTRANCES = ("cli", "web", "periodic_tasks.py", "scheduler.py", "worker.py")
TRANSACTIONS = frozenset({"transaction", "reading", "exclusive_writes", "ingesting"})
OPENING = frozenset({"Store", "open_store", "store_address"})


def modules() -> Iterator[Path]:
    """All modules of the entrances."""
    for name in ENTRANCES:
        place = PACKAGE / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def transactions_in(tree: ast.AST) -> list[str]:
    """The calls that open a transaction, as `name:line`."""
    return [
        f"{node.func.attr}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTIONS
    ]


def storage_names_in(tree: ast.AST) -> set[str]:
    """What is imported from storage and below."""
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {
        name.name if node.module == "digest.storage" else f"{node.module}.{name.name}"
        for node in froms
        if node.module and (node.module + ".").startswith("digest.storage.")
        for name in node.names
    }


@pytest.mark.parametrize("module", list(modules()), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_entrance_opens_no_transaction_and_imports_only_the_opening_of_a_store(module: Path) -> None:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    assert not transactions_in(tree)
    assert storage_names_in(tree) <= OPENING


def test_a_transaction_and_an_import_below_storage_are_recognized() -> None:
    tree = ast.parse("from digest.storage.papers import papers\nwith store.transaction() as tx:\n    pass\n")
    assert transactions_in(tree) == ["transaction:2"]
    assert storage_names_in(tree) == {"digest.storage.papers.papers"}
