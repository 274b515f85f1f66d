-- Of each cohort: who is behind, what was sent yesterday and today, who cannot be reached. People by name, for those who look after them.
with behind as (
    select
        progress.cohort_id,
        progress.learner_id,
        count(*) as lessons,
        max((%(now)s::timestamptz at time zone learner.time_zone)::date - progress.due_on) as overdue_days
    from mart.lesson_progress as progress
    inner join core.learner using (learner_id)
    inner join core.cohort_member as member
        on progress.cohort_id = member.cohort_id
        and progress.learner_id = member.learner_id
        and (%(now)s::timestamptz at time zone 'UTC')::date >= member.member_from
        and (%(now)s::timestamptz at time zone 'UTC')::date < member.member_to
    where
        progress.cohort_id <> 0
        and progress.completed_at is null
        and (%(now)s::timestamptz at time zone learner.time_zone)::date - progress.due_on
        between %(after_days)s::integer and %(within_days)s::integer
    group by progress.cohort_id, progress.learner_id
)

select
    cohort.name as cohort,
    (
        select count(distinct learner_id) from core.cohort_member
        where
            cohort_member.cohort_id = cohort.cohort_id
            and (%(now)s::timestamptz at time zone 'UTC')::date >= member_from
            and (%(now)s::timestamptz at time zone 'UTC')::date < member_to
    ) as members,
    count(behind.learner_id) as behind,
    (
        select count(*) from outreach.reminder
        where
            reminder.cohort_id = cohort.cohort_id
            and not reminder.dry_run
            and reminder.state = 'sent'
            and reminder.settled_at > %(now)s::timestamptz - interval '24 hours'
    ) as reminded,
    coalesce(
        jsonb_agg(
            jsonb_build_object(
                'name', coalesce(learner.roster_name, learner.name, learner.mail, 'without a name'),
                'lessons', behind.lessons,
                'overdue_days', behind.overdue_days,
                'unreachable', outreach.address_key(learner.mail) is null or coalesce(contact.bounced, false)
            )
            order by behind.overdue_days desc, behind.lessons desc, behind.learner_id
        ) filter (where behind.learner_id is not null),
        '[]'
    ) as people
from core.cohort
left join behind using (cohort_id)
left join core.learner using (learner_id)
left join outreach.contact on outreach.address_key(learner.mail) = contact.address_key
where cohort.cohort_id <> 0
group by cohort.cohort_id, cohort.name
order by cohort.name;
