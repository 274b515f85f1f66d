-- What changed since the marts were last refreshed, and the keys that one refresh touches.

-- Events by their place in the record: a refresh reads the positions that a load says it wrote.
create index event_position on core.event (position);

-- Voidings are few; whether a statement is voided is asked of every event that is read.
create index event_voiding on core.event (object_id)
where verb_id = 'http://adlnet.gov/expapi/verbs/voided' and object_type = 'StatementRef';

create table core.change (
    change_id bigint generated always as identity primary key,
    kind text not null default 'load',
    from_position bigint,
    upto_position bigint,
    statements integer not null default 0,
    duplicates integer not null default 0,
    learner_keys text[],
    learner_ids bigint[],
    activity_ids text[],
    cohort_ids bigint[],
    marts text[],
    changed_at timestamptz not null default now(),
    applied_at timestamptz,
    check ((from_position is null) = (upto_position is null))
);

create index change_pending on core.change (change_id) where applied_at is null;

create table core.loaded_day (
    day date primary key,
    statements bigint not null,
    duplicates bigint not null
);

-- What was loaded before there were changes.
insert into core.change (from_position, upto_position, statements)
select min(position), max(position), count(*)
from core.event
having count(*) > 0;

-- Standing: neither voided nor a voiding. A statement may be voided before it arrives, so this is asked when it is read.
create view core.standing_event as
select event.*
from core.event
where
    event.verb_id <> 'http://adlnet.gov/expapi/verbs/voided'
    and not exists (
        select from core.event as voiding
        where
            voiding.verb_id = 'http://adlnet.gov/expapi/verbs/voided'
            and voiding.object_type = 'StatementRef'
            and voiding.object_id = event.statement_id::text
    );

create table core.learning_event (
    position bigint not null,
    statement_id uuid not null,
    learner_id bigint not null,
    lesson_id bigint,
    card_id bigint,
    action text not null,
    occurred_at timestamptz not null,
    stored timestamptz not null,
    day date not null,
    registration uuid,
    score double precision,
    success boolean,
    completion boolean,
    progress double precision,
    answers boolean not null,
    -- By position, because that grows: a million random uuids in a B-tree cost five times as much as sorted ones.
    constraint learning_event_key primary key (position, statement_id)
);

-- One learner's path through one lesson: every answer is summed from these.
create index learning_event_path on core.learning_event (learner_id, lesson_id);
-- Few rows where the rules fit; it makes counting what they do not know cheap.
create index learning_event_unknown on core.learning_event (position) where lesson_id is null or action = 'other';

-- Keys that a refresh touches. `changed` holds those of an incremental refresh, for its transaction only; `everything`
-- has the same names over all keys. A refresh puts one of the two on its search_path, and the marts' SELECTs, which
-- read `touched_...` without a schema, restrict themselves to few keys or to all: one text, two ways.
create schema changed;
create schema everything;

create unlogged table changed.mode (everything boolean not null);
create unlogged table changed.touched_change (change_id bigint primary key);
create unlogged table changed.touched_event (
    position bigint not null,
    statement_id uuid not null,
    primary key (position, statement_id)
);
create unlogged table changed.touched_activity (
    activity_id bigint primary key,
    kind_before text,
    lesson_before bigint
);
create unlogged table changed.key (learner_id bigint not null, lesson_id bigint, day date);
create unlogged table changed.explicit_learner (learner_id bigint primary key);
create unlogged table changed.resized_lesson (lesson_id bigint primary key);
create unlogged table changed.touched_learner (learner_id bigint primary key);
create unlogged table changed.touched_learner_lesson (
    learner_id bigint not null,
    lesson_id bigint not null,
    primary key (learner_id, lesson_id)
);
create unlogged table changed.touched_lesson (lesson_id bigint primary key);
create unlogged table changed.touched_cohort (cohort_id bigint primary key);
create unlogged table changed.touched_period (grain text not null, period date not null, primary key (grain, period));

create view changed.touched_standing_event as
select event.*
from changed.touched_event
inner join core.standing_event as event
    on touched_event.position = event.position and touched_event.statement_id = event.statement_id;

create view everything.touched_standing_event as select * from core.standing_event;

create view changed.touched_learner_event as
select learning_event.*
from changed.touched_learner
inner join core.learning_event using (learner_id);

create view everything.touched_learner_event as select * from core.learning_event;

create view changed.touched_lesson_event as
select learning_event.*
from changed.touched_learner_lesson
inner join core.learning_event using (learner_id, lesson_id);

create view everything.touched_lesson_event as
select * from core.learning_event
where lesson_id is not null;

create view everything.touched_learner as select learner_id from core.learner;
create view everything.touched_lesson as select lesson_id from core.lesson;
create view everything.touched_cohort as select cohort_id from core.cohort;

create table mart.refreshed (
    mart text primary key,
    as_of timestamptz not null,
    refreshed_at timestamptz not null,
    rebuilt_at timestamptz,
    rows bigint not null,
    milliseconds double precision not null
);

create table mart.described (
    only_row boolean primary key default true check (only_row),
    sha256 text not null
);

create table core.refresh (
    refresh_id bigint generated always as identity primary key,
    mode text not null,
    as_of timestamptz not null,
    started_at timestamptz not null default clock_timestamp(),
    milliseconds double precision not null,
    changes integer not null,
    events bigint not null
);

comment on schema changed is 'Keys touched by the incremental refresh that is running.';
comment on schema everything is 'All keys, under the names of schema changed.';

comment on table core.change is 'What happened to core that the marts have to follow; one row a transaction.';
comment on column core.change.change_id is 'Order.';
comment on column core.change.kind is 'load, void, roster, catalogue, merge, erase, word_list, ...: for people; the columns below decide.';
comment on column core.change.from_position is 'Lowest position of the events that were written.';
comment on column core.change.upto_position is 'Highest of them.';
comment on column core.change.statements is 'Statements that were new.';
comment on column core.change.duplicates is 'Statements that were there already.';
comment on column core.change.learner_keys is 'Actor keys whose learners'' events are to be read again.';
comment on column core.change.learner_ids is 'Learners whose events are to be read again, also those whose keys are gone.';
comment on column core.change.activity_ids is 'Activity IRIs to be classified again.';
comment on column core.change.cohort_ids is 'Cohorts whose members, assignments or names changed. A removed member goes into learner_ids.';
comment on column core.change.marts is 'Marts to be rebuilt in full, for what no key expresses.';
comment on column core.change.changed_at is 'When its transaction began.';
comment on column core.change.applied_at is 'When a refresh applied it; kept for 7 days then.';

comment on table core.loaded_day is 'Statements and duplicates received, by day (UTC) of loading.';
comment on column core.loaded_day.day is 'Day in UTC.';
comment on column core.loaded_day.statements is 'Statements that were new.';
comment on column core.loaded_day.duplicates is 'Statements that were there already.';

comment on view core.standing_event is 'core.event without voided statements and without voidings (xAPI 1.0.3, Data 2.3.2).';

comment on table core.learning_event is 'Standing events with activities as objects, tied to learner, lesson, card and the learner''s own day.';
comment on column core.learning_event.statement_id is 'core.event.statement_id.';
comment on column core.learning_event.position is 'Place in the record; decides between events of the same moment.';
comment on column core.learning_event.learner_id is 'core.learner.';
comment on column core.learning_event.lesson_id is 'core.lesson; null where no rule knows the activity.';
comment on column core.learning_event.card_id is 'core.card; null where the object is the lesson itself.';
comment on column core.learning_event.action is 'core.verb.action, or other.';
comment on column core.learning_event.occurred_at is 'When it happened.';
comment on column core.learning_event.stored is 'When it was received.';
comment on column core.learning_event.day is 'Day of occurred_at in the learner''s time zone.';
comment on column core.learning_event.registration is 'The attempt, where the source names it.';
comment on column core.learning_event.score is 'Scaled score, or raw between min and max: 0 to 1, negative only if scaled is.';
comment on column core.learning_event.success is 'result.success.';
comment on column core.learning_event.completion is 'result.completion.';
comment on column core.learning_event.answers is 'Whether it is an answer: by its verb, or a response on a card.';
comment on column core.learning_event.progress is 'Share of the content done, 0 to 1.';

comment on table mart.refreshed is 'When each mart was last refreshed, and as of which moment.';
comment on column mart.refreshed.mart is 'Name of the mart.';
comment on column mart.refreshed.as_of is 'The clock its rows were computed with, cut to the mart''s clock.';
comment on column mart.refreshed.refreshed_at is 'When it was last brought up to date.';
comment on column mart.refreshed.rebuilt_at is 'When it was last computed for all keys.';
comment on column mart.refreshed.rows is 'Rows written by the last refresh.';
comment on column mart.refreshed.milliseconds is 'Time of the last refresh.';

comment on table mart.described is 'Which semantic model the comments of the marts come from.';
comment on column mart.described.only_row is 'Always true: there is one row.';
comment on column mart.described.sha256 is 'Checksum of semantic_model.yaml.';

comment on table core.refresh is 'Refreshes of the marts; the last 7 days.';
comment on column core.refresh.refresh_id is 'Order.';
comment on column core.refresh.mode is 'incremental, full or days.';
comment on column core.refresh.as_of is 'The clock it was given.';
comment on column core.refresh.started_at is 'When it began.';
comment on column core.refresh.milliseconds is 'How long it took.';
comment on column core.refresh.changes is 'Changes it applied.';
comment on column core.refresh.events is 'Events it read again.';
