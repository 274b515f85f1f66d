-- Make a merged learner anew, with the same id, and give the keys back: also other spellings of them that came since.
with undone as (
    update core.learner_merge
    set unmerged_at = now(), unmerged_by = %(by)s
    where merge_id = %(merge_id)s and unmerged_at is null
    returning kept_id, merged_id, keys, merged, members, members_added
),

back as (
    insert into core.learner (learner_id, first_key, pseudonym, mail, roster_name, time_zone)
    overriding system value
    select
        merged_id,
        merged ->> 'first_key',
        core.pseudonym(merged ->> 'first_key'),
        merged ->> 'mail',
        merged ->> 'roster_name',
        merged ->> 'time_zone'
    from undone
    returning learner_id
),

moved as (
    update core.learner_key
    set learner_id = back.learner_id
    from back, undone
    where
        -- Keys of somebody who was told apart before stay there.
        learner_key.learner_id = any(%(holders)s::bigint[])
        and learner_key.person_key in (select core.person_key(key) from unnest(undone.keys) as key)
    returning learner_key.actor_key
),

members as (
    insert into core.cohort_member (cohort_id, learner_id, member_from, member_to)
    select member.cohort_id, back.learner_id, member.member_from, member.member_to
    from back
    cross join undone
    cross join jsonb_to_recordset(undone.members) as member (cohort_id bigint, member_from date, member_to date)
),

returned as (
    delete from core.cohort_member
    using undone
    cross join jsonb_to_recordset(undone.members_added) as member (cohort_id bigint, member_from date, member_to date)
    where
        not cohort_member.by_file
        and cohort_member.learner_id = any(%(holders)s::bigint[])
        and (cohort_member.cohort_id, cohort_member.member_from, cohort_member.member_to)
        = (member.cohort_id, member.member_from, member.member_to)
)

select back.learner_id
from back;
