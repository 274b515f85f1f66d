-- What was to be sent and no longer is: the day is over, the lesson is finished, the learner wants none or is gone. A mail that
-- was handed over and never answered stays unknown: it may have arrived.
with judged as (
    select
        reminder.reminder_id,
        reminder.state,
        case
            when
                (%(now)s::timestamptz at time zone reminder.time_zone)::date > reminder.day
                or (%(now)s::timestamptz at time zone reminder.time_zone)::time >= %(until_time)s::time
                then 'day_over'
            when learner.learner_id is null or coalesce(outreach.address_key(learner.mail), '') <> reminder.address_key
                then 'left'
            when progress.completed_at is not null then 'finished'
            when contact.will in ('opted_out', 'complained') then contact.will
            when coalesce(contact.bounced, false) then 'bounced'
            when %(opt_in)s::boolean and coalesce(contact.will, '') <> 'consented' then 'no_consent'
        end as why
    from outreach.reminder
    left join core.learner using (learner_id)
    left join mart.lesson_progress as progress
        on reminder.learner_id = progress.learner_id
        and reminder.lesson_id = progress.lesson_id
        and reminder.cohort_id = progress.cohort_id
    left join outreach.contact on reminder.address_key = contact.address_key
    where
        reminder.state in ('planned', 'deferred', 'unknown')
        and reminder.settled_at is null
        and not reminder.dry_run
)

update outreach.reminder
set
    state = case judged.state when 'unknown' then 'unknown' else case judged.why when 'day_over' then 'expired' else 'dropped' end end,
    why = judged.why,
    next_try_at = null,
    settled_at = %(now)s
from judged
where reminder.reminder_id = judged.reminder_id and judged.why is not null;
