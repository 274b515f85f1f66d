-- What readers may see: views without names, mail addresses or free text. lrs_reader is the role of DBHub and SQL pages.
create schema report;

comment on schema report is 'Views for readers: no names, no mail addresses, nothing that a learner wrote.';

-- A plain hash of a mail address is found by hashing a list of addresses; a keyed one is not. Readers see neither key nor actor.
create table lrs.pseudonym_key (
    only_row boolean primary key default true check (only_row),
    secret text not null
);

insert into lrs.pseudonym_key (secret) values (gen_random_uuid()::text || gen_random_uuid()::text);

comment on table lrs.pseudonym_key is 'Secret that learner pseudonyms in report are made with; a new one makes all pseudonyms new.';
comment on column lrs.pseudonym_key.only_row is 'Always true: there is one row.';
comment on column lrs.pseudonym_key.secret is 'Random text, 244 bits.';

create view report.event as
select
    event.statement_id,
    event.stored,
    event.occurred_at,
    encode(sha256(convert_to(pseudonym_key.secret || event.actor_key, 'UTF8')), 'hex') as learner,
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
cross join lrs.pseudonym_key;

comment on view report.event is 'One row a statement, the learner under a pseudonym.';
comment on column report.event.statement_id is 'Id of the statement.';
comment on column report.event.stored is 'When it was received.';
comment on column report.event.occurred_at is 'When it happened.';
comment on column report.event.learner is 'Pseudonym: the same learner has the same one in every view.';
comment on column report.event.verb_id is 'IRI of the verb.';
comment on column report.event.object_type is 'Activity, Agent, Group, StatementRef or SubStatement.';
comment on column report.event.object_id is 'IRI of the activity, or the statement referred to; null where the object is a person.';
comment on column report.event.object_name is 'Name of the activity.';
comment on column report.event.activity_type is 'IRI of the activity''s type.';
comment on column report.event.registration is 'Registration the statement belongs to.';
comment on column report.event.parent_id is 'IRI of the activity above.';
comment on column report.event.grouping_id is 'IRI of the activity that groups it, such as a course.';
comment on column report.event.score_scaled is 'Score, -1 to 1.';
comment on column report.event.score_raw is 'Score in points.';
comment on column report.event.score_min is 'Lowest score in points.';
comment on column report.event.score_max is 'Highest score in points.';
comment on column report.event.success is 'Passed or failed.';
comment on column report.event.completion is 'Completed or not.';
comment on column report.event.duration_seconds is 'How long it took, in seconds.';
comment on column report.event.session_id is 'Session the source names.';
comment on column report.event.progress is 'Share of the content done, 0 to 1.';
comment on column report.event.platform is 'Platform it happened on.';

create view report.daily_activity as
select
    (occurred_at at time zone 'UTC')::date as day,
    verb_id,
    count(*) as statements,
    count(distinct actor_key) as learners
from core.event
group by (occurred_at at time zone 'UTC')::date, verb_id;

comment on view report.daily_activity is 'Statements and learners a day and verb.';
comment on column report.daily_activity.day is 'Day in UTC that the statements'' timestamps fall on.';
comment on column report.daily_activity.verb_id is 'IRI of the verb.';
comment on column report.daily_activity.statements is 'Number of statements.';
comment on column report.daily_activity.learners is 'Number of different learners.';

grant usage on schema report to lrs_reader;
grant select on all tables in schema report to lrs_reader;
alter default privileges in schema report grant select on tables to lrs_reader;
