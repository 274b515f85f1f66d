-- The marts, as semantic_model.yaml declares them; their comments come from there too (marts/describing.py).
create table mart.learner_days (
    learner_id bigint,
    day date,
    events bigint,
    lessons bigint,
    completions bigint,
    primary key (learner_id, day)
);

create table mart.learner_activity (
    learner_id bigint,
    events bigint,
    first_at timestamptz,
    last_at timestamptz,
    out_of_order bigint,
    late bigint,
    skewed bigint,
    unknown_lesson bigint,
    unknown_verb bigint,
    primary key (learner_id)
);

create table mart.lesson_attempts (
    learner_id bigint,
    lesson_id bigint,
    attempt_no bigint not null,
    registration uuid,
    first_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    passed_at timestamptz,
    failed_at timestamptz,
    last_at timestamptz,
    events bigint,
    cards_seen bigint,
    card_ids bigint[],
    last_card_id bigint,
    furthest_card integer,
    progress double precision,
    answered bigint,
    correct bigint,
    score double precision,
    active_seconds double precision,
    primary key (learner_id, lesson_id, attempt_no)
);

create table mart.responses (
    learner_id bigint,
    lesson_id bigint,
    card_id bigint,
    attempt_no bigint not null,
    response_no bigint not null,
    statement_id uuid,
    responded_at timestamptz,
    correct boolean,
    score double precision,
    response text,
    free_text boolean,
    primary key (learner_id, lesson_id, card_id, attempt_no, response_no)
);

create table mart.lesson_progress (
    cohort_id bigint,
    learner_id bigint,
    lesson_id bigint,
    delivered_at timestamptz,
    due_on date,
    opened_at timestamptz,
    started_at timestamptz,
    completed_at timestamptz,
    passed_at timestamptz,
    last_at timestamptz,
    stage smallint,
    attempts bigint,
    failed_attempts bigint,
    scored_attempts bigint,
    first_score double precision,
    last_score double precision,
    last_card_id bigint,
    last_attempt_failed boolean,
    primary key (cohort_id, learner_id, lesson_id)
);

create table mart.daily_progress (
    cohort_id bigint,
    learner_id bigint,
    lesson_id bigint,
    due_on date,
    status text,
    completed_at timestamptz,
    overdue_days integer,
    needs_follow_up boolean,
    as_of timestamptz,
    primary key (cohort_id, learner_id, lesson_id)
);

create table mart.lesson_funnel (
    lesson_id bigint,
    cohort_id bigint,
    assigned bigint,
    opened bigint,
    started bigint,
    half bigint,
    completed bigint,
    passed bigint,
    opened_unassigned bigint,
    primary key (lesson_id, cohort_id)
);

create table mart.card_drop_off (
    lesson_id bigint,
    card_id bigint,
    card_number integer,
    reached bigint,
    stopped bigint,
    drop_off double precision,
    drop_off_low double precision,
    drop_off_high double precision,
    as_of timestamptz,
    primary key (lesson_id, card_id)
);

create table mart.completion_speed (
    lesson_id bigint,
    cohort_id bigint,
    learners bigint,
    completed bigint,
    observed_24h bigint,
    within_24h bigint,
    share_24h double precision,
    observed_7d bigint,
    within_7d bigint,
    share_7d double precision,
    median_hours double precision,
    p90_hours double precision,
    as_of timestamptz,
    primary key (lesson_id, cohort_id)
);

create table mart.active_learners (
    cohort_id bigint,
    grain text not null,
    period date,
    learners bigint,
    learner_days bigint,
    stickiness double precision,
    primary key (cohort_id, grain, period)
);

create table mart.learner_streaks (
    learner_id bigint,
    current_days bigint,
    longest_days bigint,
    longest_from date,
    longest_to date,
    active_days bigint,
    last_day date,
    as_of timestamptz,
    primary key (learner_id)
);

create table mart.cohort_retention (
    cohort_id bigint,
    start_week date,
    week_no integer not null,
    learners bigint,
    active bigint,
    retention double precision,
    as_of timestamptz,
    primary key (cohort_id, start_week, week_no)
);

create table mart.quiz_items (
    lesson_id bigint,
    card_id bigint,
    answers bigint,
    correct bigint,
    difficulty double precision,
    discrimination double precision,
    enough boolean,
    distractors jsonb,
    primary key (lesson_id, card_id)
);

create table mart.time_on_task (
    lesson_id bigint,
    cohort_id bigint,
    attempts bigint,
    median_seconds double precision,
    p25_seconds double precision,
    p75_seconds double precision,
    p90_seconds double precision,
    primary key (lesson_id, cohort_id)
);

create table mart.engagement_segments (
    learner_id bigint,
    segment text,
    first_day date,
    last_day date,
    active_days_28 bigint,
    as_of timestamptz,
    primary key (learner_id)
);

create table mart.stalled_learners (
    learner_id bigint,
    lesson_id bigint,
    reason text,
    since timestamptz,
    idle_days integer,
    last_card_id bigint,
    as_of timestamptz,
    primary key (learner_id, lesson_id)
);

create table mart.completion_forecast (
    cohort_id bigint,
    day_no integer not null,
    at_risk bigint,
    completed bigint,
    completed_share double precision,
    standard_error double precision,
    back_test_open bigint,
    back_test_expected double precision,
    back_test_completed bigint,
    as_of timestamptz,
    primary key (cohort_id, day_no)
);

create table mart.learning_gain (
    lesson_id bigint,
    cohort_id bigint,
    learners bigint,
    mean_first double precision,
    mean_last double precision,
    gain double precision,
    gain_low double precision,
    gain_high double precision,
    normalised_gain double precision,
    primary key (lesson_id, cohort_id)
);

create table mart.free_text_responses (
    learner_id bigint,
    lesson_id bigint,
    statement_id uuid,
    card_id bigint,
    responded_at timestamptz,
    response text,
    words integer,
    primary key (statement_id)
);

create table mart.flagged_responses (
    learner_id bigint,
    lesson_id bigint,
    statement_id uuid,
    term text not null,
    card_id bigint,
    responded_at timestamptz,
    severity text,
    context text,
    primary key (statement_id, term)
);

create table mart.data_quality (
    measure text not null,
    subject text not null,
    value double precision,
    primary key (measure, subject)
);

-- Beside the primary key: what a refresh deletes by, and what the next mart reads by.
create index learner_days_day on mart.learner_days (day);
create index lesson_attempts_lesson on mart.lesson_attempts (lesson_id);
create index responses_lesson on mart.responses (lesson_id, card_id);
create index lesson_progress_pair on mart.lesson_progress (learner_id, lesson_id);
create index lesson_progress_lesson on mart.lesson_progress (lesson_id, cohort_id);
create index daily_progress_pair on mart.daily_progress (learner_id, lesson_id);
create index stalled_learners_lesson on mart.stalled_learners (lesson_id);
create index free_text_responses_pair on mart.free_text_responses (learner_id, lesson_id);
create index flagged_responses_pair on mart.flagged_responses (learner_id, lesson_id);

-- Here because they read marts; the other views of everything are in 011_changes.sql.
create view everything.touched_period as
select distinct grain, date_trunc(grain, day)::date as period
from mart.learner_days
cross join unnest(array['day', 'week', 'month']) as grain;

create view everything.touched_learner_lesson as
select learner_id, lesson_id
from mart.lesson_attempts
union
select member.learner_id, assignment.lesson_id
from core.assignment
inner join core.cohort_member as member on assignment.cohort_id = member.cohort_id;
