-- Canonical events: what a mapping script made of a statement, one row each, in columns that can be joined and summed.
create schema core;
create schema mart;

comment on schema core is 'Canonical events and their dimensions, derived from lrs.';
comment on schema mart is 'Answers, keyed; recomputed for the keys that changed.';

-- A B-tree entry holds 2,704 bytes at most, and xAPI sets no limit to an IRI or an account name. Longer keys keep their
-- beginning and gain a hash, so no statement is refused for a long name and equal keys stay equal.
create function core.key(value text) returns text
language sql immutable parallel safe
return case
    when octet_length(value) <= 1300 then value
    else left(value, 300) || '#md5-' || md5(value)
end;

comment on function core.key(text) is 'A key as core tables hold it: itself up to 1,300 bytes, else 300 characters and a hash.';

create table core.event (
    statement_id uuid primary key,
    position bigint not null,
    stored timestamptz not null,
    occurred_at timestamptz not null,
    actor_key text not null,
    actor_name text,
    verb_id text not null,
    object_type text not null,
    object_id text not null,
    object_name text,
    activity_type text,
    registration uuid,
    parent_id text,
    grouping_id text,
    score_scaled double precision,
    score_raw double precision,
    score_min double precision,
    score_max double precision,
    success boolean,
    completion boolean,
    response text,
    duration_seconds double precision,
    session_id text,
    progress double precision,
    platform text
);

-- One learner's path through time: every per-learner answer.
create index event_actor_time on core.event (actor_key, occurred_at);
-- What happened to one activity: lesson answers, and xAPI's `activity` and `verb` filters.
create index event_object_verb on core.event (object_id, verb_id);
-- A span of days over everybody: daily figures, and late data found by the day it belongs to.
create index event_time on core.event (occurred_at);

comment on table core.event is 'One row a statement that its mapping could read; voided statements are not in it.';
comment on column core.event.statement_id is 'lrs.statement.statement_id.';
comment on column core.event.position is 'lrs.statement.position.';
comment on column core.event.stored is 'lrs.statement.stored.';
comment on column core.event.occurred_at is 'The statement''s timestamp; `stored` where it has none.';
comment on column core.event.actor_key is 'mbox, mbox_sha1sum, openid, or account as homePage|name; empty for an anonymous group.';
comment on column core.event.actor_name is 'Name the statement gives the actor.';
comment on column core.event.verb_id is 'IRI of the verb.';
comment on column core.event.object_type is 'Activity, Agent, Group, StatementRef or SubStatement.';
comment on column core.event.object_id is 'Activity IRI, agent key or statement id; empty for a SubStatement.';
comment on column core.event.object_name is 'One of the names in the activity''s definition.';
comment on column core.event.activity_type is 'IRI of the activity''s type.';
comment on column core.event.registration is 'context.registration.';
comment on column core.event.parent_id is 'First activity of context.contextActivities.parent.';
comment on column core.event.grouping_id is 'First activity of context.contextActivities.grouping.';
comment on column core.event.score_scaled is 'result.score.scaled, -1 to 1.';
comment on column core.event.score_raw is 'result.score.raw.';
comment on column core.event.score_min is 'result.score.min.';
comment on column core.event.score_max is 'result.score.max.';
comment on column core.event.success is 'result.success.';
comment on column core.event.completion is 'result.completion.';
comment on column core.event.response is 'result.response; free text of the learner.';
comment on column core.event.duration_seconds is 'result.duration in seconds.';
comment on column core.event.session_id is 'Session the source names in an extension.';
comment on column core.event.progress is 'Share of the content done, 0 to 1.';
comment on column core.event.platform is 'context.platform.';
