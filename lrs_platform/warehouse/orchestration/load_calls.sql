-- Keep calls; %(calls)s is a JSON array of [entry, number, at_ms, server, tool, agent, contract, run, trace, request
-- bytes, response bytes, rows, ms, outcome, error, hash of arguments]. One that is there already stays as it is.
insert into lrs.mcp_call (
    entry, number, called_at, server, tool, agent, contract, run, trace, request_bytes, response_bytes, rows,
    milliseconds, outcome, error, arguments
)
select
    call ->> 0,
    (call ->> 1)::integer,
    to_timestamp((call ->> 2)::double precision / 1000),
    call ->> 3,
    call ->> 4,
    call ->> 5,
    call ->> 6,
    call ->> 7,
    call ->> 8,
    (call ->> 9)::bigint,
    (call ->> 10)::bigint,
    (call ->> 11)::bigint,
    (call ->> 12)::double precision,
    call ->> 13,
    call ->> 14,
    call ->> 15
from jsonb_array_elements(%(calls)s::jsonb) as call
on conflict (entry, number) do nothing;
