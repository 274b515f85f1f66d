-- What is to be sent now, with all that a mail says; the first decided first.
select
    reminder.reminder_id,
    reminder.idempotency_key as key,
    learner.mail as "to",
    reminder.reason,
    reminder.overdue_days,
    reminder.others,
    to_char(assignment.due_on, 'YYYY-MM-DD') as due_on,
    lesson.name as lesson,
    lesson.iri as lesson_url,
    cohort.name as cohort,
    coalesce(roster.first_name, split_part(coalesce(learner.roster_name, learner.name, ''), ' ', 1)) as first_name,
    coalesce(learner.roster_name, learner.name, '') as name,
    coalesce(roster.language, '') as language,
    reminder.address_key
from outreach.reminder
inner join core.learner using (learner_id)
inner join core.lesson using (lesson_id)
left join core.cohort using (cohort_id)
left join core.assignment using (cohort_id, lesson_id)
left join lateral (
    select
        row.first_name,
        (
            select value from jsonb_each_text(row.extra)
            where lower(key) in ('language', 'locale')
            order by key
            limit 1
        ) as language
    from core.standing_roster_row as row
    where row.mail_key = core.person_key('mailto:' || learner.mail)
    order by row.import_id desc
    limit 1
) as roster on true
where
    case
        when %(reminder_id)s::bigint is not null then reminder.reminder_id = %(reminder_id)s
        else
            not reminder.dry_run
            and (
                reminder.state = 'planned'
                or (reminder.state in ('deferred', 'unknown') and reminder.next_try_at <= %(now)s)
            )
    end
order by reminder.reminder_id
limit %(rows)s;
