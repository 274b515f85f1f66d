"""docs/marts.md, made from the semantic model: `python -m lrs_platform.warehouse.marts.page` writes it anew.

Belongs here: how a mart is shown on the page. Not here: what it means (semantic_model.yaml) and the prose about how a
refresh works (page_head.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from lrs_platform.semantic_model import TOUCHED, Mart, semantic_model
from lrs_platform.warehouse.marts import select_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "marts.md"
PICTURES = PAGE.parent / "images" / "marts"


def page() -> str:
    """The whole page as Markdown."""
    head = files(__package__).joinpath("page_head.md").read_text(encoding="utf-8")
    parts = [head.rstrip(), "", "## The marts", "", *_contents(), ""]
    for mart in semantic_model().marts.values():
        parts += [*_section(mart), ""]
    return "\n".join(parts)


def _contents() -> Iterator[str]:
    yield "| mart | answers | one row for each | refreshed by | clock |"
    yield "|---|---|---|---|---|"
    for mart in semantic_model().marts.values():
        keys = ", ".join(TOUCHED[mart.touched]) or "all rows, always"
        clock = "" if mart.clock == "none" else mart.clock
        yield f"| [{mart.name}](#{mart.name}) | {mart.title} | {', '.join(mart.key)} | {keys} | {clock} |"


def _section(mart: Mart) -> Iterator[str]:
    yield f"### {mart.name}"
    yield ""
    yield f"**{mart.title}.** {mart.description}"
    yield ""
    yield f"Reads {', '.join(f'`{source}`' for source in mart.reads)}."
    yield ""
    if (PICTURES / f"{mart.name}.svg").exists():
        yield f"![{mart.title}](images/marts/{mart.name}.svg)"
        yield ""
    yield "| column | type | meaning |"
    yield "|---|---|---|"
    for column in mart.columns:
        key = " (key)" if column.name in mart.key else ""
        hidden = " Not in `report`." if column.meaning == "text" else ""
        yield f"| `{column.name}`{key} | {column.type} | {column.description}{hidden} |"
    yield ""
    if mart.metrics:
        yield "| figure | unit | SQL | also called |"
        yield "|---|---|---|---|"
        for metric in mart.metrics:
            sql = metric.sql.replace("|", "\\|")
            yield f"| {metric.description} | {metric.unit} | `{sql}` | {', '.join(metric.synonyms)} |"
        yield ""
    yield f"<details><summary>SQL: lrs_platform/warehouse/marts/{mart.name}.sql</summary>"
    yield ""
    yield "```sql"
    yield select_of(mart.name).rstrip()
    yield "```"
    yield ""
    yield "</details>"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
