-- Point one learner's keys at another, and keep all that is needed to undo it.
with moved as (
    update core.learner_key
    set learner_id = %(kept)s
    where learner_id = %(merged)s
    returning actor_key
),

had as (
    select cohort_id, member_from, member_to
    from core.cohort_member
    where learner_id = %(merged)s and not by_file
),

added as (
    insert into core.cohort_member (cohort_id, learner_id, member_from, member_to)
    select cohort_id, %(kept)s, member_from, member_to
    from had
    on conflict do nothing
    returning cohort_id, member_from, member_to
),

gone as (
    delete from core.learner
    where learner_id = %(merged)s
    returning to_jsonb(learner) as row
)

insert into core.learner_merge
(kept_id, merged_id, cause, claim, keys, merged, members, members_added, note, merged_by)
select
    %(kept)s,
    %(merged)s,
    %(cause)s,
    %(claim)s,
    array(select actor_key from moved order by actor_key),
    gone.row,
    coalesce((select jsonb_agg(to_jsonb(had)) from had), '[]'),
    coalesce((select jsonb_agg(to_jsonb(added)) from added), '[]'),
    %(note)s,
    %(by)s
from gone
returning merge_id;
