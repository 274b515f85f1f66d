-- What the query would cost, without running it: the plan of the very rows that are asked for.
-- noqa: disable=AM09,ST11
explain (verbose, format json)
select * from (
%(asked)s
) as asked
limit %(rows)s + 1
