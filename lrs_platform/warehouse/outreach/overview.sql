-- What the page shows: today's counts, the days before, the last looks, the effect, what is recorded of addresses.
select jsonb_build_object(
    'stopped', (select to_jsonb(stop) - 'only_row' from outreach.stop),
    'states', coalesce(
        (
            select jsonb_object_agg(state, number)
            from (
                select state, count(*) as number
                from outreach.reminder
                where dry_run = %(dry_run)s and decided_at > %(now)s::timestamptz - interval '24 hours'
                group by state
            ) as counted
        ),
        '{}'
    ),
    'why', coalesce(
        (
            select jsonb_object_agg(why, number)
            from (
                select why, count(*) as number
                from outreach.reminder
                where
                    dry_run = %(dry_run)s
                    and why is not null
                    and decided_at > %(now)s::timestamptz - interval '24 hours'
                group by why
            ) as counted
        ),
        '{}'
    ),
    'reasons', coalesce(
        (
            select jsonb_object_agg(reason, number)
            from (
                select reason, count(*) as number
                from outreach.reminder
                where
                    dry_run = %(dry_run)s
                    and state in ('planned', 'sent', 'deferred', 'unknown', 'refused')
                    and decided_at > %(now)s::timestamptz - interval '24 hours'
                group by reason
            ) as counted
        ),
        '{}'
    ),
    'days', coalesce(
        (
            select jsonb_agg(to_jsonb(counted) order by day desc)
            from (
                select
                    day,
                    count(*) filter (where state = 'sent') as sent,
                    count(*) filter (where state in ('refused', 'unknown', 'expired')) as failed,
                    count(*) filter (where state in ('skipped', 'held_out', 'dropped')) as not_sent,
                    count(*) filter (where state in ('planned', 'deferred')) as waiting,
                    count(*) filter (where outcome.reminded and outcome.finished_in_a_day) as finished
                from outreach.reminder
                left join (select reminder_id, reminded, finished_in_a_day from outreach.outcome) as outcome using (reminder_id)
                where dry_run = %(dry_run)s and day > (%(now)s::timestamptz at time zone 'UTC')::date - 14
                group by day
            ) as counted
        ),
        '[]'
    ),
    'last_look', (
        select to_jsonb(look) - 'look_id'
        from outreach.look
        order by look_id desc
        limit 1
    ),
    'effect', coalesce((select jsonb_agg(to_jsonb(effect) order by effect.reason) from report.reminder_effect as effect), '[]'),
    'addresses', (
        select jsonb_build_object(
            'opted_out', count(*) filter (where will = 'opted_out'),
            'complained', count(*) filter (where will = 'complained'),
            'consented', count(*) filter (where will = 'consented'),
            'bounced', count(*) filter (where bounced)
        )
        from outreach.contact
    )
);
