-- One page of a report: some rows of a query that brings its own order.
select *
from (
%(asked)s
) as report
limit %(limit)s offset %(offset)s
