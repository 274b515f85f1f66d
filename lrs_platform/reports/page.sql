-- One page of a report: some rows of a query that brings its own order.
-- noqa: disable=AM09
select *
from (
%(asked)s
) as report
limit %(rows)s offset %(start)s
