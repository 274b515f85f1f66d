-- Mapping stored statements again: events that a mapping made of them, as rows, and verbs of profiles with a mapping.

-- Only of statements that have an event now, or were rejected and are not voided: whatever else has none keeps none.
create function lrs.mapped_again(events text) returns setof core.event
language sql stable
begin atomic
select
    statement.statement_id,
    statement.position,
    statement.stored,
    coalesce((line.event ->> 1)::timestamptz, statement.stored),
    core.key(coalesce(line.event ->> 2, '')),
    line.event ->> 3,
    core.key(line.event ->> 4),
    line.event ->> 5,
    core.key(coalesce(line.event ->> 6, '')),
    line.event ->> 7,
    line.event ->> 8,
    (line.event ->> 9)::uuid,
    line.event ->> 10,
    line.event ->> 11,
    (line.event ->> 12)::double precision,
    (line.event ->> 13)::double precision,
    (line.event ->> 14)::double precision,
    (line.event ->> 15)::double precision,
    (line.event ->> 16)::boolean,
    (line.event ->> 17)::boolean,
    line.event ->> 18,
    (line.event ->> 19)::double precision,
    line.event ->> 20,
    (line.event ->> 21)::double precision,
    line.event ->> 22
from (
    select value::jsonb as event
    from string_to_table(events, E'\n') as value
    where value <> ''
) as line
inner join lrs.statement on statement.statement_id = (line.event ->> 0)::uuid
where
    exists (select from core.event as standing where standing.statement_id = statement.statement_id)
    or (
        not lrs.is_voided(statement.statement_id)
        and exists (
            select from lrs.rejected
            where
                rejected.statement_id = statement.statement_id::text
                and rejected.stage in ('map', 'load')
                and lrs.log_position(rejected.log_id) = statement.position
        )
    );
end;

comment on function lrs.mapped_again(text) is 'Event lines that a mapping made of stored statements, as rows of core.event.';

insert into core.verb (verb_id, action)
values
('https://w3id.org/xapi/adl/verbs/waived', 'completed'),
('https://w3id.org/xapi/adl/verbs/satisfied', 'completed'),
('https://w3id.org/xapi/acrossx/verbs/evaluated', 'answered'),
('https://w3id.org/xapi/dod-isd/verbs/navigated', 'viewed')
on conflict (verb_id) do nothing;

-- Events of these verbs are read again by the next refresh.
insert into core.change (kind, from_position, upto_position)
select 'verbs', min(position), max(position)
from core.event
where
    verb_id in (
        'https://w3id.org/xapi/adl/verbs/waived',
        'https://w3id.org/xapi/adl/verbs/satisfied',
        'https://w3id.org/xapi/acrossx/verbs/evaluated',
        'https://w3id.org/xapi/dod-isd/verbs/navigated'
    )
having count(*) > 0;
