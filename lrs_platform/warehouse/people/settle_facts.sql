-- Name, address and time zone as the roster says, for everybody whom a roster ever named; else as statements say.
with concerned as (
    select learner_key.learner_id, roster_row.mail_key
    from core.roster_row
    inner join core.learner_key on roster_row.mail_key = learner_key.person_key
    union
    select settled.learner_id, null
    from settled
    inner join core.learner using (learner_id)
),

said as (
    select distinct on (concerned.learner_id)
        concerned.learner_id,
        nullif(concat_ws(' ', roster.first_name, roster.last_name), '') as roster_name,
        roster.mail,
        roster.time_zone
    from concerned
    inner join core.learner using (learner_id)
    left join core.roster using (mail_key)
    -- Of two people in the roster who were merged, the one who stayed.
    order by
        concerned.learner_id asc,
        roster.mail_key is not distinct from core.person_key(learner.first_key) desc,
        roster.import_id desc nulls last,
        roster.line desc
),

wanted as (
    select
        said.learner_id,
        said.roster_name,
        coalesce(
            said.mail,
            (
                select substring(learner_key.person_key from '^mailto:(.*)$')
                from core.learner_key
                where learner_key.learner_id = said.learner_id and learner_key.person_key like 'mailto:%'
                order by learner_key.actor_key <> learner.first_key, learner_key.actor_key
                limit 1
            )
        ) as mail,
        coalesce(said.time_zone, 'UTC') as time_zone,
        learner.time_zone as time_zone_before
    from said
    inner join core.learner using (learner_id)
),

changed as (
    update core.learner
    set roster_name = wanted.roster_name, mail = wanted.mail, time_zone = wanted.time_zone
    from wanted
    where
        learner.learner_id = wanted.learner_id
        and (learner.roster_name, learner.mail, learner.time_zone)
        is distinct from (wanted.roster_name, wanted.mail, wanted.time_zone)
    returning learner.learner_id, wanted.time_zone <> wanted.time_zone_before as moved
)

insert into settled (what, learner_id)
select case when moved then 'time zones changed' else 'learners renamed' end, learner_id
from changed
where moved or learner_id not in (select learner_id from settled where what = 'learners added');
