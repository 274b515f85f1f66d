-- title: Effect of reminders
-- group: Progress
-- description: >-
--   Share of learners who finished within 24 hours of a reminder, against learners who were due and got none, matched by lesson, reason
--   and lateness; the difference with its 95 % interval. Only where chance holds some out is the difference the reminder's doing.
-- chart: {kind: bar, x: reason, y: effect, format: "%", low: effect_low, high: effect_high}
select
    replace(reason, '_', ' ') as reason,
    reminded,
    not_reminded,
    round(finished_reminded::numeric, 3)::double precision as finished_reminded,
    round(finished_not_reminded::numeric, 3)::double precision as finished_not_reminded,
    round(effect::numeric, 3)::double precision as effect,
    round(effect_low::numeric, 3)::double precision as effect_low,
    round(effect_high::numeric, 3)::double precision as effect_high
from report.reminder_effect
order by reason
