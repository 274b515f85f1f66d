-- Decide for every learner who is behind at this moment and whose day is open, once a day, and write it down: the intent, before
-- anything is sent. Answers how many by what was decided; keeps that as the last look, and forgets looks and dry runs of long ago.
with local as (
    select
        learner_id,
        pseudonym,
        time_zone,
        outreach.address_key(mail) as address_key,
        %(now)s::timestamptz at time zone time_zone as clock
    from core.learner
),

behind as (
    select distinct on (progress.learner_id, progress.lesson_id)
        progress.learner_id,
        progress.lesson_id,
        progress.cohort_id,
        progress.due_on,
        progress.stage,
        case
            when progress.last_attempt_failed then 'failed'
            when progress.stage >= 2 then 'started'
            when progress.stage = 1 then 'opened'
            else 'not_opened'
        end as reason
    from mart.lesson_progress as progress
    inner join core.assignment using (cohort_id, lesson_id)
    inner join core.lesson using (lesson_id)
    inner join core.cohort_member as member
        on progress.cohort_id = member.cohort_id
        and progress.learner_id = member.learner_id
        and (%(now)s::timestamptz at time zone 'UTC')::date >= member.member_from
        and (%(now)s::timestamptz at time zone 'UTC')::date < member.member_to
    where
        progress.cohort_id <> 0
        and progress.completed_at is null
        and progress.due_on >= (%(now)s::timestamptz at time zone 'UTC')::date - %(within_days)s::integer - 1
        and assignment.delivered_at <= %(now)s
    order by progress.learner_id, progress.lesson_id, progress.due_on, progress.cohort_id
),

told as (
    select learner_id, lesson_id, count(*) as times
    from outreach.reminder
    where state in ('sent', 'unknown') and not dry_run
    group by learner_id, lesson_id
),

-- The lesson that was due last is the one they know best why they got it; what was reminded of often enough comes after all others.
chosen as (
    select distinct on (learner_id)
        local.learner_id,
        local.pseudonym,
        local.time_zone,
        local.address_key,
        local.clock,
        behind.lesson_id,
        behind.cohort_id,
        behind.reason,
        local.clock::date - behind.due_on as overdue_days,
        coalesce(told.times, 0) >= %(most)s::integer as enough,
        count(*) over (partition by local.learner_id) - 1 as others
    from behind
    inner join local using (learner_id)
    left join told using (learner_id, lesson_id)
    where local.clock::date - behind.due_on between %(after_days)s::integer and %(within_days)s::integer
    order by
        learner_id, coalesce(told.times, 0) >= %(most)s::integer, behind.due_on desc, behind.stage desc, behind.lesson_id
),

due as (
    select
        chosen.*,
        chosen.clock::date as day,
        chosen.clock::time < %(from_time)s::time
        or chosen.clock::time >= %(until_time)s::time
        or (not %(weekends)s::boolean and extract(isodow from chosen.clock) >= 6) as quiet,
        case
            when chosen.address_key is null then 'no_address'
            when contact.will in ('opted_out', 'complained') then contact.will
            when coalesce(contact.bounced, false) then 'bounced'
            when %(opt_in)s::boolean and coalesce(contact.will, '') <> 'consented' then 'no_consent'
            when chosen.enough then 'enough'
        end as why,
        -- chance, and the same chance whenever it is asked
        (
            get_byte(sha256(convert_to(chosen.pseudonym || chosen.clock::date || 'held out', 'UTF8')), 0) * 256
            + get_byte(sha256(convert_to(chosen.pseudonym || chosen.clock::date || 'held out', 'UTF8')), 1)
        ) / 65536.0 < %(holdout)s::float8 as held_out
    from chosen
    left join outreach.contact using (address_key)
    where
        not exists (
            select from outreach.reminder
            where
                reminder.dry_run = %(dry_run)s::boolean
                and reminder.day = chosen.clock::date
                and (reminder.learner_id = chosen.learner_id or reminder.address_key = chosen.address_key)
        )
),

decided as (
    insert into outreach.reminder
    (
        dry_run, day, learner_id, address_key, lesson_id, cohort_id, idempotency_key, reason, overdue_days, others, time_zone,
        state, why, decided_at, settled_at
    )
    select
        %(dry_run)s,
        day,
        learner_id,
        address_key,
        lesson_id,
        cohort_id,
        'reminder/' || day || '/' || coalesce(address_key, 'learner-' || learner_id),
        reason,
        overdue_days,
        others,
        time_zone,
        case when why is not null then 'skipped' when held_out then 'held_out' else 'planned' end,
        why,
        %(now)s,
        case when why is not null or held_out then %(now)s::timestamptz end
    from due
    where not quiet
    order by learner_id
    on conflict do nothing
    returning state, why
),

counted as (
    select
        count(*) filter (where state = 'planned') as planned,
        count(*) filter (where state = 'held_out') as held_out,
        (select count(*) from due where quiet) as quiet,
        coalesce(
            (
                select jsonb_object_agg(why, number)
                from (select why, count(*) as number from decided where why is not null group by why) as by_why
            ),
            '{}'
        ) as skipped
    from decided
),

looked as (
    insert into outreach.look (looked_at, dry_run, planned, held_out, quiet, skipped)
    select %(now)s, %(dry_run)s, planned, held_out, quiet, skipped
    from counted
),

forgotten as (
    delete from outreach.look
    where looked_at < %(now)s::timestamptz - interval '90 days'
),

forgotten_too as (
    delete from outreach.reminder
    where dry_run and decided_at < %(now)s::timestamptz - interval '30 days'
)

select planned, held_out, quiet, skipped
from counted;
