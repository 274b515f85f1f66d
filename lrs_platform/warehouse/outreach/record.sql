-- The receipts: what the mail server said of each. What is final stays as it is; a deferred one waits longer each time.
update outreach.reminder
set
    state = told.state,
    attempts = reminder.attempts + 1,
    message_id = coalesce(told.message_id, reminder.message_id),
    reply = left(told.reply, 300),
    next_try_at = case
        when told.state in ('deferred', 'unknown') and told.retry_after is not null
            then %(now)s::timestamptz + make_interval(
                secs => least(
                    case told.state when 'deferred' then greatest(told.retry_after, 60) * 2 ^ least(reminder.attempts, 6) else told.retry_after end,
                    3600
                )
            )
    end,
    settled_at = case
        when told.state in ('sent', 'refused') or (told.state = 'unknown' and told.retry_after is null) then %(now)s::timestamptz
    end
from jsonb_to_recordset(%(outcomes)s) as told (
    reminder_id bigint, state text, message_id text, reply text, retry_after float8
)
where
    reminder.reminder_id = told.reminder_id
    and reminder.state in ('planned', 'deferred', 'unknown', 'expired', 'dropped')
    and not reminder.dry_run
    and (reminder.state <> 'unknown' or told.state <> 'deferred');
