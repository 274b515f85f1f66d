-- Everything that the tables know of one statement's way; nothing of what it says beyond verb and object.
with standing as (
    select position, stored, version
    from lrs.statement
    where statement_id = %(statement_id)s
)

select
    json_build_object(
        'statement', (select to_json(standing) from standing),
        'event', (
            select
                json_build_object(
                    'occurred_at', event.occurred_at,
                    'verb_id', event.verb_id,
                    'object_id', case when event.object_type = 'Activity' then event.object_id end,
                    'mapping', to_jsonb(event) -> 'mapping'
                )
            from core.event
            where event.statement_id = %(statement_id)s
        ),
        'learning_event', exists (
            select from standing
            inner join core.learning_event
                on standing.position = learning_event.position and learning_event.statement_id = %(statement_id)s
        ),
        'rejected', (
            select coalesce(json_agg(json_build_object(
                'log_id', log_id, 'stage', stage, 'reason', reason, 'mapping', mapping, 'at', rejected_at
            ) order by rejected_id), '[]'::json)
            from lrs.rejected
            where statement_id = %(statement_id)s::text
        ),
        'conflicts', (
            select coalesce(json_agg(json_build_object(
                'log_id', log_id, 'stored', stored, 'at', found_at
            ) order by log_id), '[]'::json)
            from lrs.conflict
            where statement_id = %(statement_id)s
        ),
        'voided', lrs.is_voided(%(statement_id)s),
        'voided_by', (
            select coalesce(json_agg(statement_id order by position), '[]'::json)
            from lrs.reference
            where target_id = %(statement_id)s and voids
        ),
        'voids', (select target_id from lrs.reference where statement_id = %(statement_id)s and voids),
        'changes', (
            select coalesce(json_agg(json_build_object(
                'kind', change.kind, 'at', change.changed_at, 'applied_at', change.applied_at
            ) order by change.change_id), '[]'::json)
            from standing
            cross join lateral (
                select covering.*
                from core.change as covering
                where
                    covering.upto_position >= standing.position
                    and covering.upto_position < standing.position + 60000::bigint * 1048576
                order by covering.upto_position
                limit 50
            ) as change
            where change.from_position <= standing.position
        ),
        'marts', (
            select coalesce(json_agg(json_build_object(
                'mart', mart, 'as_of', as_of, 'refreshed_at', refreshed_at
            ) order by mart), '[]'::json)
            from mart.refreshed
        ),
        -- what the statement was evidence for, and the reminder that it may be the answer to
        'reminders', (
            select coalesce(json_agg(json_build_object(
                'reminder_id', reminder.reminder_id,
                'day', reminder.day,
                'reason', reminder.reason,
                'state', reminder.state,
                'decided_at', reminder.decided_at,
                'settled_at', reminder.settled_at,
                'came', case when standing_event.occurred_at < reminder.decided_at then 'before' else 'after' end
            ) order by reminder.reminder_id), '[]'::json)
            from standing
            inner join core.learning_event as standing_event
                on standing.position = standing_event.position and standing_event.statement_id = %(statement_id)s
            inner join outreach.reminder
                on standing_event.learner_id = reminder.learner_id and standing_event.lesson_id = reminder.lesson_id
            where
                not reminder.dry_run
                and (
                    (
                        standing_event.occurred_at < reminder.decided_at
                        and standing_event.occurred_at > reminder.decided_at - interval '14 days'
                    )
                    or (
                        reminder.state = 'sent'
                        and standing_event.occurred_at >= reminder.settled_at
                        and standing_event.occurred_at < reminder.settled_at + interval '24 hours'
                    )
                )
        )
    );
