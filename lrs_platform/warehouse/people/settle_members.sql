-- Memberships as the rosters say; spells of one person that touch are one. What was entered by hand stays.
create temp table if not exists wanted_member (
    cohort_id bigint not null,
    learner_id bigint not null,
    member_from date not null,
    member_to date not null,
    primary key (cohort_id, learner_id, member_from)
) on commit drop;

truncate wanted_member;

insert into wanted_member (cohort_id, learner_id, member_from, member_to)
select cohort_id, learner_id, lower(spell), upper(spell)
from (
    select
        cohort.cohort_id,
        learner_key.learner_id,
        unnest(range_agg(daterange(roster_spell.from_day, roster_spell.to_day))) as spell
    from core.roster_spell
    inner join core.cohort on roster_spell.cohort_name = cohort.name
    inner join core.learner_key on roster_spell.mail_key = learner_key.person_key
    group by cohort.cohort_id, learner_key.learner_id
) as membership;

analyze wanted_member;

with gone as (
    delete from core.cohort_member
    where
        by_file
        and not exists (
            select from wanted_member
            where
                (wanted_member.cohort_id, wanted_member.learner_id, wanted_member.member_from, wanted_member.member_to)
                = (cohort_member.cohort_id, cohort_member.learner_id, cohort_member.member_from, cohort_member.member_to)
        )
    returning learner_id, cohort_id
)

insert into settled (what, learner_id, cohort_id)
select 'members removed', learner_id, cohort_id
from gone;

with added as (
    insert into core.cohort_member (cohort_id, learner_id, member_from, member_to, by_file)
    select cohort_id, learner_id, member_from, member_to, true
    from wanted_member
    on conflict do nothing
    returning learner_id, cohort_id
)

insert into settled (what, learner_id, cohort_id)
select 'members added', learner_id, cohort_id
from added;
