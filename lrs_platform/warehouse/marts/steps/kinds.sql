-- What each touched activity is: as the catalogue says, else by the first rule that fits.
update core.activity
set kind = judged.kind
from (
    select
        activity.activity_id,
        coalesce(
            catalogue.kind,
            (
                select rule.kind from core.activity_rule as rule
                where
                    (rule.iri_pattern is null or activity.iri ~ rule.iri_pattern)
                    and (rule.type_pattern is null or activity.type ~ rule.type_pattern)
                    and (rule.has_parent is null or rule.has_parent = (activity.parent_iri is not null))
                    and (rule.is_parent is null or rule.is_parent = activity.is_parent)
                order by rule.rule_no
                limit 1
            ),
            'unknown'
        ) as kind
    from changed.touched_activity
    inner join core.activity using (activity_id)
    left join core.catalogue using (iri)
) as judged
where activity.activity_id = judged.activity_id and activity.kind <> judged.kind;

-- Which lesson it is or belongs to. A card whose parent is a card belongs to that one's lesson, three levels at most.
with recursive climb as (
    select
        activity.activity_id,
        activity.kind,
        case activity.kind when 'lesson' then activity.iri when 'card' then coalesce(catalogue.lesson_iri, activity.parent_iri) end as lesson_iri,
        0 as level
    from changed.touched_activity
    inner join core.activity using (activity_id)
    left join core.catalogue using (iri)
    union all
    select
        climb.activity_id,
        climb.kind,
        coalesce(catalogue.lesson_iri, above.parent_iri),
        climb.level + 1
    from climb
    inner join core.activity as above on climb.lesson_iri = above.iri
    left join core.catalogue on above.iri = catalogue.iri
    where climb.kind = 'card' and above.kind = 'card' and climb.level < 3
),

found as (
    select climb.activity_id, max(lesson.activity_id) as lesson_id
    from climb
    left join core.activity as lesson on climb.lesson_iri = lesson.iri and lesson.kind = 'lesson'
    group by climb.activity_id
)

update core.activity
set lesson_id = found.lesson_id
from found
where activity.activity_id = found.activity_id and activity.lesson_id is distinct from found.lesson_id;
