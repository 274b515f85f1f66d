-- What readers may see of the marts: learners under their pseudonyms, lessons, cards and cohorts with their names,
-- nothing that a learner wrote. Names and texts are in report_pii, for the role lrs_reader_pii alone, if there is one.

create view report.learner_days as
select
    learner.pseudonym as learner,
    learner_days.day,
    learner_days.events,
    learner_days.lessons,
    learner_days.completions
from mart.learner_days
inner join core.learner on learner_days.learner_id = learner.learner_id;

create view report.learner_activity as
select
    learner.pseudonym as learner,
    learner_activity.events,
    learner_activity.first_at,
    learner_activity.last_at,
    learner_activity.out_of_order,
    learner_activity.late,
    learner_activity.skewed,
    learner_activity.unknown_lesson,
    learner_activity.unknown_verb
from mart.learner_activity
inner join core.learner on learner_activity.learner_id = learner.learner_id;

create view report.lesson_attempts as
select
    learner.pseudonym as learner,
    lesson_attempts.lesson_id,
    lesson.name as lesson,
    lesson_attempts.attempt_no,
    lesson_attempts.registration,
    lesson_attempts.first_at,
    lesson_attempts.started_at,
    lesson_attempts.completed_at,
    lesson_attempts.passed_at,
    lesson_attempts.failed_at,
    lesson_attempts.last_at,
    lesson_attempts.events,
    lesson_attempts.cards_seen,
    lesson_attempts.last_card_id,
    last_card.name as last_card,
    lesson_attempts.furthest_card,
    lesson_attempts.progress,
    lesson_attempts.answered,
    lesson_attempts.correct,
    lesson_attempts.score,
    lesson_attempts.active_seconds
from mart.lesson_attempts
inner join core.learner on lesson_attempts.learner_id = learner.learner_id
inner join core.lesson on lesson_attempts.lesson_id = lesson.lesson_id
left join core.card as last_card on lesson_attempts.last_card_id = last_card.card_id;

create view report.responses as
select
    learner.pseudonym as learner,
    responses.lesson_id,
    lesson.name as lesson,
    responses.card_id,
    card.name as card,
    responses.attempt_no,
    responses.response_no,
    responses.statement_id,
    responses.responded_at,
    responses.correct,
    responses.score,
    responses.free_text
from mart.responses
inner join core.learner on responses.learner_id = learner.learner_id
inner join core.lesson on responses.lesson_id = lesson.lesson_id
left join core.card on responses.card_id = card.card_id;

create view report.lesson_progress as
select
    lesson_progress.cohort_id,
    cohort.name as cohort,
    learner.pseudonym as learner,
    lesson_progress.lesson_id,
    lesson.name as lesson,
    lesson_progress.delivered_at,
    lesson_progress.due_on,
    lesson_progress.opened_at,
    lesson_progress.started_at,
    lesson_progress.completed_at,
    lesson_progress.passed_at,
    lesson_progress.last_at,
    lesson_progress.stage,
    lesson_progress.attempts,
    lesson_progress.failed_attempts,
    lesson_progress.scored_attempts,
    lesson_progress.first_score,
    lesson_progress.last_score,
    lesson_progress.last_card_id,
    last_card.name as last_card,
    lesson_progress.last_attempt_failed
from mart.lesson_progress
inner join core.cohort on lesson_progress.cohort_id = cohort.cohort_id
inner join core.learner on lesson_progress.learner_id = learner.learner_id
inner join core.lesson on lesson_progress.lesson_id = lesson.lesson_id
left join core.card as last_card on lesson_progress.last_card_id = last_card.card_id;

create view report.daily_progress as
select
    daily_progress.cohort_id,
    cohort.name as cohort,
    learner.pseudonym as learner,
    daily_progress.lesson_id,
    lesson.name as lesson,
    daily_progress.due_on,
    daily_progress.status,
    daily_progress.completed_at,
    daily_progress.overdue_days,
    daily_progress.needs_follow_up,
    daily_progress.as_of
from mart.daily_progress
inner join core.cohort on daily_progress.cohort_id = cohort.cohort_id
inner join core.learner on daily_progress.learner_id = learner.learner_id
inner join core.lesson on daily_progress.lesson_id = lesson.lesson_id;

create view report.lesson_funnel as
select
    lesson_funnel.lesson_id,
    lesson.name as lesson,
    lesson_funnel.cohort_id,
    cohort.name as cohort,
    lesson_funnel.assigned,
    lesson_funnel.opened,
    lesson_funnel.started,
    lesson_funnel.half,
    lesson_funnel.completed,
    lesson_funnel.passed,
    lesson_funnel.opened_unassigned
from mart.lesson_funnel
inner join core.lesson on lesson_funnel.lesson_id = lesson.lesson_id
inner join core.cohort on lesson_funnel.cohort_id = cohort.cohort_id;

create view report.card_drop_off as
select
    card_drop_off.lesson_id,
    lesson.name as lesson,
    card_drop_off.card_id,
    card.name as card,
    card_drop_off.card_number,
    card_drop_off.reached,
    card_drop_off.stopped,
    card_drop_off.drop_off,
    card_drop_off.drop_off_low,
    card_drop_off.drop_off_high,
    card_drop_off.as_of
from mart.card_drop_off
inner join core.lesson on card_drop_off.lesson_id = lesson.lesson_id
left join core.card on card_drop_off.card_id = card.card_id;

create view report.completion_speed as
select
    completion_speed.lesson_id,
    lesson.name as lesson,
    completion_speed.cohort_id,
    cohort.name as cohort,
    completion_speed.learners,
    completion_speed.completed,
    completion_speed.observed_24h,
    completion_speed.within_24h,
    completion_speed.share_24h,
    completion_speed.observed_7d,
    completion_speed.within_7d,
    completion_speed.share_7d,
    completion_speed.median_hours,
    completion_speed.p90_hours,
    completion_speed.as_of
from mart.completion_speed
inner join core.lesson on completion_speed.lesson_id = lesson.lesson_id
inner join core.cohort on completion_speed.cohort_id = cohort.cohort_id;

create view report.active_learners as
select
    active_learners.cohort_id,
    cohort.name as cohort,
    active_learners.grain,
    active_learners.period,
    active_learners.learners,
    active_learners.learner_days,
    active_learners.stickiness
from mart.active_learners
inner join core.cohort on active_learners.cohort_id = cohort.cohort_id;

create view report.learner_streaks as
select
    learner.pseudonym as learner,
    learner_streaks.current_days,
    learner_streaks.longest_days,
    learner_streaks.longest_from,
    learner_streaks.longest_to,
    learner_streaks.active_days,
    learner_streaks.last_day,
    learner_streaks.as_of
from mart.learner_streaks
inner join core.learner on learner_streaks.learner_id = learner.learner_id;

create view report.cohort_retention as
select
    cohort_retention.cohort_id,
    cohort.name as cohort,
    cohort_retention.start_week,
    cohort_retention.week_no,
    cohort_retention.learners,
    cohort_retention.active,
    cohort_retention.retention,
    cohort_retention.as_of
from mart.cohort_retention
inner join core.cohort on cohort_retention.cohort_id = cohort.cohort_id;

create view report.quiz_items as
select
    quiz_items.lesson_id,
    lesson.name as lesson,
    quiz_items.card_id,
    card.name as card,
    quiz_items.answers,
    quiz_items.correct,
    quiz_items.difficulty,
    quiz_items.discrimination,
    quiz_items.enough,
    quiz_items.distractors
from mart.quiz_items
inner join core.lesson on quiz_items.lesson_id = lesson.lesson_id
left join core.card on quiz_items.card_id = card.card_id;

create view report.time_on_task as
select
    time_on_task.lesson_id,
    lesson.name as lesson,
    time_on_task.cohort_id,
    cohort.name as cohort,
    time_on_task.attempts,
    time_on_task.median_seconds,
    time_on_task.p25_seconds,
    time_on_task.p75_seconds,
    time_on_task.p90_seconds
from mart.time_on_task
inner join core.lesson on time_on_task.lesson_id = lesson.lesson_id
inner join core.cohort on time_on_task.cohort_id = cohort.cohort_id;

create view report.engagement_segments as
select
    learner.pseudonym as learner,
    engagement_segments.segment,
    engagement_segments.first_day,
    engagement_segments.last_day,
    engagement_segments.active_days_28,
    engagement_segments.as_of
from mart.engagement_segments
inner join core.learner on engagement_segments.learner_id = learner.learner_id;

create view report.stalled_learners as
select
    learner.pseudonym as learner,
    stalled_learners.lesson_id,
    lesson.name as lesson,
    stalled_learners.reason,
    stalled_learners.since,
    stalled_learners.idle_days,
    stalled_learners.last_card_id,
    last_card.name as last_card,
    stalled_learners.as_of
from mart.stalled_learners
inner join core.learner on stalled_learners.learner_id = learner.learner_id
inner join core.lesson on stalled_learners.lesson_id = lesson.lesson_id
left join core.card as last_card on stalled_learners.last_card_id = last_card.card_id;

create view report.completion_forecast as
select
    completion_forecast.cohort_id,
    cohort.name as cohort,
    completion_forecast.day_no,
    completion_forecast.at_risk,
    completion_forecast.completed,
    completion_forecast.completed_share,
    completion_forecast.standard_error,
    completion_forecast.back_test_open,
    completion_forecast.back_test_expected,
    completion_forecast.back_test_completed,
    completion_forecast.as_of
from mart.completion_forecast
inner join core.cohort on completion_forecast.cohort_id = cohort.cohort_id;

create view report.learning_gain as
select
    learning_gain.lesson_id,
    lesson.name as lesson,
    learning_gain.cohort_id,
    cohort.name as cohort,
    learning_gain.learners,
    learning_gain.mean_first,
    learning_gain.mean_last,
    learning_gain.gain,
    learning_gain.gain_low,
    learning_gain.gain_high,
    learning_gain.normalised_gain
from mart.learning_gain
inner join core.lesson on learning_gain.lesson_id = lesson.lesson_id
inner join core.cohort on learning_gain.cohort_id = cohort.cohort_id;

create view report.free_text_responses as
select
    learner.pseudonym as learner,
    free_text_responses.lesson_id,
    lesson.name as lesson,
    free_text_responses.statement_id,
    free_text_responses.card_id,
    card.name as card,
    free_text_responses.responded_at,
    free_text_responses.words
from mart.free_text_responses
inner join core.learner on free_text_responses.learner_id = learner.learner_id
inner join core.lesson on free_text_responses.lesson_id = lesson.lesson_id
left join core.card on free_text_responses.card_id = card.card_id;

create view report.flagged_responses as
select
    learner.pseudonym as learner,
    flagged_responses.lesson_id,
    lesson.name as lesson,
    flagged_responses.statement_id,
    flagged_responses.term,
    flagged_responses.card_id,
    card.name as card,
    flagged_responses.responded_at,
    flagged_responses.severity,
    coalesce(flag_review.state, 'open') as reviewed
from mart.flagged_responses
inner join core.learner on flagged_responses.learner_id = learner.learner_id
inner join core.lesson on flagged_responses.lesson_id = lesson.lesson_id
left join core.card on flagged_responses.card_id = card.card_id
left join core.flag_review
    on flagged_responses.statement_id = flag_review.statement_id and flagged_responses.term = flag_review.term;

create view report.data_quality as
select
    data_quality.measure,
    data_quality.subject,
    data_quality.value
from mart.data_quality;

create view report.freshness as
select mart, as_of, refreshed_at, rebuilt_at, rows, milliseconds
from mart.refreshed;

create view report.word_list as
select cohort.name as cohort, word_list.term, word_list.severity
from core.word_list
inner join core.cohort on word_list.cohort_id = cohort.cohort_id;

-- A learner has one pseudonym, whichever of several keys a statement came with.
create or replace view report.event as
select
    event.statement_id,
    event.stored,
    event.occurred_at,
    coalesce(
        learner.pseudonym,
        encode(sha256(convert_to(pseudonym_key.secret || event.actor_key, 'UTF8')), 'hex')
    ) as learner,
    event.verb_id,
    event.object_type,
    case when event.object_type in ('Activity', 'StatementRef') then event.object_id end as object_id,
    case when event.object_type = 'Activity' then event.object_name end as object_name,
    event.activity_type,
    event.registration,
    event.parent_id,
    event.grouping_id,
    event.score_scaled,
    event.score_raw,
    event.score_min,
    event.score_max,
    event.success,
    event.completion,
    event.duration_seconds,
    event.session_id,
    event.progress,
    event.platform
from core.event
cross join lrs.pseudonym_key
left join core.learner_key on event.actor_key = learner_key.actor_key
left join core.learner on learner_key.learner_id = learner.learner_id;

-- Names, mail addresses and texts, apart from report, whose views lrs_reader may all read.
create schema report_pii;

create view report_pii.learner as
select
    pseudonym as learner,
    coalesce(roster_name, name) as name,
    mail,
    time_zone
from core.learner;

create view report_pii.free_text_responses as
select
    learner.pseudonym as learner,
    coalesce(learner.roster_name, learner.name) as name,
    lesson.name as lesson,
    card.name as card,
    written.statement_id,
    written.responded_at,
    written.response,
    written.words
from mart.free_text_responses as written
inner join core.learner on written.learner_id = learner.learner_id
inner join core.lesson on written.lesson_id = lesson.lesson_id
left join core.card on written.card_id = card.card_id;

create view report_pii.flagged_responses as
select
    learner.pseudonym as learner,
    coalesce(learner.roster_name, learner.name) as name,
    lesson.name as lesson,
    card.name as card,
    flagged.statement_id,
    flagged.responded_at,
    flagged.term,
    flagged.severity,
    flagged.context,
    coalesce(flag_review.state, 'open') as reviewed,
    flag_review.reviewed_by,
    flag_review.reviewed_at
from mart.flagged_responses as flagged
inner join core.learner on flagged.learner_id = learner.learner_id
inner join core.lesson on flagged.lesson_id = lesson.lesson_id
left join core.card on flagged.card_id = card.card_id
left join core.flag_review
    on flagged.statement_id = flag_review.statement_id and flagged.term = flag_review.term;

comment on schema report_pii is 'Views with names, mail addresses and texts, for the role lrs_reader_pii.';
comment on view report_pii.learner is 'Who is behind a pseudonym.';
comment on view report_pii.free_text_responses is 'What learners wrote.';
comment on view report_pii.flagged_responses is 'Written responses with a term of a word list, and what was decided about them.';

grant select on all tables in schema report to lrs_reader;

-- Making a role takes a superuser; where there is none, nobody sees names.
do $$
begin
    if exists (select from pg_roles where rolname = 'lrs_reader_pii') then
        grant usage on schema report, report_pii to lrs_reader_pii;
        grant select on all tables in schema report, report_pii to lrs_reader_pii;
    end if;
end
$$;
