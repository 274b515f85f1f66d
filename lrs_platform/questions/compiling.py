"""From an intent to SQL over the views of schema report: one SELECT, built as a tree, never glued from text.

Belongs here: how figures, dimensions and days become SQL. Not here: asking it (lrs_platform/asking.py, whose guard
reads it like any query). What comes from people are numbers, dates, values of the model and pseudonyms (intent.py
checks them); names of lessons and cohorts never become SQL, their numbers do.
"""

from __future__ import annotations

from datetime import date, timedelta

import sqlglot
from sqlglot import exp

from lrs_platform.questions.intent import Intent, checked
from lrs_platform.questions.vocabulary import GRAINS, NUMBERS, Figure

MEMBER = "cohort_member"
PAGE = 500  # rows of an answer that nobody limited


def compile_intent(intent: Intent, *, today: date) -> str:
    """The SELECT that answers `intent`. Raises IntentInvalid. `today` decides who is a member of a cohort now."""
    figure = checked(intent).of
    table = figure.mart.name
    query = exp.select().from_(exp.table_(table, db="report"))
    if figure.joins_cohorts and ("cohort" in intent.by or "cohort" in intent.filters):
        query = _with_members(query, figure, today)
    value = _qualified(sqlglot.parse_one(figure.metric.sql, read="postgres"), table)
    days = _days(intent, figure)
    if intent.order == "asc" and not intent.grain and days and _counts(value):
        value, days = _counted_on(value, days), []  # the lowest may have none at all, and is to be seen
    for condition in (*_conditions(intent, figure), *days):
        query = query.where(condition)
    for dimension in intent.by:
        selected, grouped = _dimension(intent, figure, dimension)
        query = query.select(selected).group_by(*grouped)
    query = query.select(exp.alias_(value, figure.metric.name))
    for name in figure.metric.beside:
        query = query.select(exp.alias_(exp.func("sum", _column(table, name)), name))
    if intent.by:
        query = query.having(exp.Not(this=exp.Is(this=value.copy(), expression=exp.Null())))
        if "learner" in intent.by and figure.metric.unit == "learners":
            query = query.having(exp.GT(this=value.copy(), expression=exp.Literal.number(0)))
        query = _ordered(query, intent, figure, value)
    return str(query.sql(dialect="postgres", pretty=True))


def _with_members(query: exp.Select, figure: Figure, today: date) -> exp.Select:
    """Joined with who is in which cohort: on the day of the event, or today for what is as it stands now."""
    table, when = figure.mart.name, figure.metric.time
    day = _day(_column(table, when), figure.column(when).type) if when else _literal(today)
    on = exp.and_(
        exp.EQ(this=_column(MEMBER, "learner"), expression=_column(table, "learner")),
        exp.LTE(this=_column(MEMBER, "member_from"), expression=day),
        exp.GT(this=_column(MEMBER, "member_to"), expression=day.copy()),
    )
    return query.join(exp.table_(MEMBER, db="report"), on=on)


def _conditions(intent: Intent, figure: Figure) -> list[exp.Expr]:
    table = figure.mart.name
    found: list[exp.Expr] = []
    for dimension, values in intent.filters.items():
        place = MEMBER if dimension == "cohort" and figure.joins_cohorts else table
        if dimension == "learner":
            found.append(exp.or_(*(_column(table, "learner").like(f"{value.id}%") for value in values)))
            continue
        name = f"{dimension}_id" if dimension in ("lesson", "cohort", "card") else dimension
        found.append(_column(place, name).isin(*(value.id for value in values)))
    if not figure.joins_cohorts and "cohort" not in intent.filters:
        everybody = _column(table, "cohort_id")
        zero = exp.Literal.number(0)
        found.append(
            exp.GT(this=everybody, expression=zero)
            if "cohort" in intent.by
            else exp.EQ(this=everybody, expression=zero)
        )
    if figure.metric.grain:
        found.append(
            exp.EQ(this=_column(table, "grain"), expression=exp.Literal.string(intent.grain or figure.metric.grain))
        )
    return found


def _counts(value: exp.Expr) -> bool:
    """Whether a figure is a count, which is 0 of nothing."""
    return isinstance(value.this if isinstance(value, exp.Filter) else value, exp.Count)


def _counted_on(value: exp.Expr, days: list[exp.Expr]) -> exp.Expr:
    """A count of what lies in these days, beside which everything else stays a row."""
    if isinstance(value, exp.Filter):
        days = [value.expression.this, *days]
        value = value.this
    return exp.Filter(this=value, expression=exp.Where(this=exp.and_(*days)))


def _days(intent: Intent, figure: Figure) -> list[exp.Expr]:
    found: list[exp.Expr] = []
    if not figure.metric.time:
        return found
    when = _column(figure.mart.name, figure.metric.time)
    day = _day(when, figure.column(figure.metric.time).type)
    if intent.from_day:
        found.append(exp.GTE(this=day, expression=_literal(intent.from_day)))
    if intent.to_day:
        found.append(exp.LT(this=day.copy(), expression=_literal(intent.to_day + timedelta(days=1))))
    if intent.grain:
        found.append(exp.Not(this=exp.Is(this=when.copy(), expression=exp.Null())))
    return found


def _dimension(intent: Intent, figure: Figure, dimension: str) -> tuple[exp.Expr, list[exp.Expr]]:
    """What is selected for a dimension, and what it is grouped by."""
    table = figure.mart.name
    if dimension in GRAINS:
        when = figure.column(figure.metric.time)
        period: exp.Expr = _column(table, when.name)
        if not figure.metric.grain:
            day = _day(period, when.type)
            period = exp.cast(exp.func("date_trunc", exp.Literal.string(dimension), day, dialect="postgres"), "date")
        return exp.alias_(period, dimension), [period.copy()]
    place = MEMBER if dimension == "cohort" and figure.joins_cohorts else table
    shown = _column(place, dimension)
    if dimension not in ("lesson", "cohort", "card"):
        return shown, [shown.copy()]
    grouped: list[exp.Expr] = [_column(place, f"{dimension}_id"), shown.copy()]
    if dimension == "card" and "card_number" in figure.filterable:
        grouped.append(_column(place, "card_number"))
    return shown, grouped


def _ordered(query: exp.Select, intent: Intent, figure: Figure, value: exp.Expr) -> exp.Select:
    table = figure.mart.name
    if intent.order:
        ranked = exp.Ordered(this=value.copy(), desc=intent.order == "desc", nulls_first=False)
        query = query.order_by(ranked)
        limit = exp.Literal.number(intent.limit or PAGE)
        query.set(
            "limit",
            exp.Fetch(direction="FIRST", count=limit, limit_options=exp.LimitOptions(with_ties=True, rows=True)),
        )
        return query
    along = [each for each in intent.by if each in GRAINS or each in NUMBERS]
    if along:
        query = query.order_by(*(exp.column(each) if each in GRAINS else _column(table, each) for each in along))
    elif "card" in intent.by and "card_number" in figure.filterable and "lesson" in intent.filters:
        query = query.order_by(_column(table, "card_number"))
    else:
        query = query.order_by(exp.Ordered(this=value.copy(), desc=True, nulls_first=False))
    rest = [_dimension(intent, figure, each)[0] for each in intent.by if each not in along]
    query = query.order_by(*(each.this if isinstance(each, exp.Alias) else each for each in rest))
    return query.limit(intent.limit or PAGE)


def _qualified(expression: exp.Expr, table: str) -> exp.Expr:
    """A metric's SQL with its columns as the view calls them."""
    for column in expression.find_all(exp.Column):
        name = column.name
        column.replace(_column(table, "learner" if name == "learner_id" else name))
    return expression


def _column(table: str, name: str) -> exp.Column:
    return exp.column(name, table=table)


def _day(when: exp.Expr, kind: str) -> exp.Expr:
    """The day of a column: dates as they are, moments in UTC."""
    if kind == "date":
        return when
    moment = exp.AtTimeZone(this=when, zone=exp.Literal.string("UTC"))
    return exp.cast(exp.paren(moment), "date")


def _literal(day: date) -> exp.Expr:
    return exp.cast(exp.Literal.string(day.isoformat()), "date")
