"""Whether the marts hold what the model declares of them: keys, counts, shares, orders.

Belongs here: rules that hold for every mart by the meaning of its columns. Not here: whether a figure is right (tests).
"""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection
from psycopg.sql import SQL, Composable, Identifier

from lrs_platform.semantic_model import Mart, rules_of, semantic_model


async def violations(connection: AsyncConnection[tuple[Any, ...]], marts: list[str]) -> dict[str, dict[str, int]]:
    """Rows of each mart (of all, where `marts` is empty) that break each rule. ValueError for an unknown mart."""
    model = semantic_model().marts
    if unknown := sorted(set(marts) - set(model)):
        raise ValueError(f"no mart is called {', '.join(unknown)}")
    found = {}
    for mart in model.values():
        if marts and mart.name not in marts:
            continue
        rules = rules_of(mart)
        counts = SQL(", ").join(_broken(mart, rule) for rule in rules)
        table = Identifier("mart", mart.name)
        row = await (await connection.execute(SQL("select {} from {}").format(counts, table))).fetchone()
        assert row is not None
        found[mart.name] = dict(zip(rules, row, strict=True))
    return found


def _broken(mart: Mart, rule: str) -> Composable:
    """An aggregate that counts the rows of `mart` which break `rule`."""
    if rule == "keys":
        key = SQL(", ").join(map(Identifier, mart.key))
        nulls = SQL(" or ").join(SQL("{} is null").format(Identifier(column)) for column in mart.key)
        return SQL("count(*) - count(distinct ({})) + count(*) filter (where {})").format(key, nulls)
    if rule == "counts":
        wrong = [SQL("{} < 0").format(Identifier(column)) for column in mart.of_meaning("count")]
    elif rule == "shares":
        wrong = [SQL("not {} between 0 and 1").format(Identifier(column)) for column in mart.of_meaning("share")]
    else:
        pairs = zip(mart.order, mart.order[1:], strict=False)
        wrong = [SQL("{} < {}").format(Identifier(more), Identifier(less)) for more, less in pairs]
    return SQL("count(*) filter (where {})").format(SQL(" or ").join(wrong))
