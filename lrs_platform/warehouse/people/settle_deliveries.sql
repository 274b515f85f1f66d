-- Deliveries as the course files plan them.
insert into core.activity (iri)
select distinct iri
from core.planned_delivery
on conflict do nothing;

create temp table if not exists wanted_delivery (
    cohort_id bigint not null,
    lesson_id bigint not null,
    delivered_at timestamptz not null,
    due_on date not null,
    primary key (cohort_id, lesson_id)
) on commit drop;

truncate wanted_delivery;

insert into wanted_delivery (cohort_id, lesson_id, delivered_at, due_on)
select cohort.cohort_id, activity.activity_id, planned.delivered_at, planned.due_on
from core.planned_delivery as planned
inner join core.cohort on planned.cohort_name = cohort.name
inner join core.activity using (iri);

with gone as (
    delete from core.assignment
    where
        by_file
        and not exists (
            select from wanted_delivery as wanted
            where (wanted.cohort_id, wanted.lesson_id) = (assignment.cohort_id, assignment.lesson_id)
        )
    returning cohort_id
)

insert into settled (what, cohort_id)
select 'deliveries removed', cohort_id
from gone;

with changed as (
    insert into core.assignment as known (cohort_id, lesson_id, delivered_at, due_on, by_file)
    select cohort_id, lesson_id, delivered_at, due_on, true
    from wanted_delivery
    on conflict (cohort_id, lesson_id) do update
    set delivered_at = excluded.delivered_at, due_on = excluded.due_on
    where
        known.by_file
        and (known.delivered_at, known.due_on) <> (excluded.delivered_at, excluded.due_on)
    returning known.cohort_id, known.xmax = 0 as is_new
)

insert into settled (what, cohort_id)
select case when is_new then 'deliveries added' else 'deliveries changed' end, cohort_id
from changed;
