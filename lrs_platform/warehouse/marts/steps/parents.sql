-- Parents of the touched activities: named by a statement, or read from the IRI by a rule. They become activities, too.
update core.activity
set parent_iri = read.parent_iri
from (
    select touched.activity_id, min(substring(activity.iri from rule.parent_pattern)) as parent_iri
    from changed.touched_activity as touched
    inner join core.activity using (activity_id)
    inner join core.activity_rule as rule on activity.iri ~ rule.parent_pattern
    where activity.parent_iri is null
    group by touched.activity_id
) as read
where activity.activity_id = read.activity_id;

with parent as (
    insert into core.activity as known (iri, is_parent)
    select distinct activity.parent_iri, true
    from changed.touched_activity as touched
    inner join core.activity using (activity_id)
    where activity.parent_iri is not null
    on conflict (iri) do update set is_parent = true where not known.is_parent
    returning activity_id, kind, lesson_id
)

insert into changed.touched_activity (activity_id, kind_before, lesson_before)
select activity_id, kind, lesson_id
from parent
on conflict do nothing;

-- What hangs below a touched activity, two levels down: a question on a card of a lesson.
with recursive below as (
    select activity.iri, activity.activity_id, 0 as level
    from changed.touched_activity
    inner join core.activity using (activity_id)
    union
    select child.iri, child.activity_id, below.level + 1
    from below
    inner join core.activity as child on below.iri = child.parent_iri
    where below.level < 2
)

insert into changed.touched_activity (activity_id, kind_before, lesson_before)
select distinct activity.activity_id, activity.kind, activity.lesson_id
from below
inner join core.activity using (activity_id)
on conflict do nothing;
