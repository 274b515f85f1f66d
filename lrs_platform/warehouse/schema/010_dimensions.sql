-- Who learns what: learners, cohorts, activities with the lessons and cards among them, and the delivery plan.
-- Learners and activities come from events; cohorts, members, assignments and the catalogue from roster and course files.

-- The pseudonym that readers see. Volatile data behind it never changes while the secret stands, hence stable.
create function core.pseudonym(actor_key text) returns text
language sql stable parallel safe
return (
    select encode(sha256(convert_to(secret || actor_key, 'UTF8')), 'hex')
    from lrs.pseudonym_key
);

-- The domain of a mail address knows no case (RFC 5321, 2.4); its local part may.
create function core.person_key(actor_key text) returns text
language sql immutable parallel safe
return case
    when actor_key ~* '^mailto:[^@]+@[^@]+$'
        then 'mailto:' || substring(actor_key from 8 for position('@' in actor_key) - 7)
            || lower(substring(actor_key from position('@' in actor_key) + 1))
    else actor_key
end;

create table core.learner (
    learner_id bigint generated always as identity primary key,
    first_key text not null unique,
    pseudonym text not null unique,
    mail text,
    name text,
    name_position bigint,
    roster_name text,
    time_zone text not null default 'UTC'
        constraint known_time_zone check (timestamptz 'epoch' at time zone time_zone is not null)
);

create table core.learner_key (
    actor_key text primary key,
    learner_id bigint not null references core.learner on delete cascade,
    person_key text not null generated always as (core.person_key(actor_key)) stored
);

create index learner_key_learner on core.learner_key (learner_id);
create index learner_key_person on core.learner_key (person_key);

create table core.cohort (
    cohort_id bigint generated always as identity primary key,
    name text not null unique,
    group_name text,
    team_name text
);

-- Cohort 0 is everybody, with or without a roster: every figure by cohort has a row for all.
insert into core.cohort (cohort_id, name) overriding system value values (0, 'All learners');

create table core.cohort_member (
    cohort_id bigint not null references core.cohort,
    learner_id bigint not null references core.learner on delete cascade,
    member_from date not null default '-infinity',
    member_to date not null default 'infinity',
    primary key (cohort_id, learner_id, member_from),
    check (member_from < member_to)
);

create index cohort_member_learner on core.cohort_member (learner_id);

create view core.membership as
select cohort_id, learner_id, member_from, member_to
from core.cohort_member
union all
select 0, learner_id, '-infinity'::date, 'infinity'::date
from core.learner;

create table core.catalogue (
    iri text primary key,
    kind text not null check (kind in ('lesson', 'card')),
    lesson_iri text,
    card_number integer,
    card_type text check (card_type in ('content', 'video', 'poll', 'quiz', 'free_text', 'form')),
    name text
);

create table core.activity_rule (
    rule_no integer primary key,
    kind text not null check (kind in ('lesson', 'card', 'ignored')),
    iri_pattern text,
    type_pattern text,
    has_parent boolean,
    is_parent boolean,
    parent_pattern text,
    note text not null
);

-- The first rule that fits decides; what the catalogue says goes before all rules. What no rule knows is counted.
insert into core.activity_rule
(rule_no, kind, iri_pattern, type_pattern, has_parent, is_parent, parent_pattern, note)
values
(10, 'card', '/cards?/[^/?#]+/?$', null, null, null, '^(.+)/cards?/[^/?#]+/?$', 'A card of 7taps: the lesson''s address, then /card/ and a number.'),
(20, 'lesson', null, '/(lesson|course|assessment|module|unit)$', null, null, null, 'Says of itself that it is a lesson, course or test.'),
(30, 'card', null, null, true, null, null, 'Part of another activity.'),
(40, 'lesson', null, null, null, true, null, 'Other activities are parts of it.'),
(50, 'lesson', null, '/(video|media|audio|document|slide-deck|simulation|survey|file|link)$', null, null, null, 'Content that stands alone.'),
(60, 'lesson', '^https?://[^/?#]+/[^/?#]+/?$', null, null, null, null, 'A bare course slug, as 7taps sends it.');

create table core.activity (
    activity_id bigint generated always as identity primary key,
    iri text not null unique,
    type text,
    type_position bigint,
    name text,
    name_position bigint,
    parent_iri text,
    parent_position bigint,
    is_parent boolean not null default false,
    kind text not null default 'unknown' check (kind in ('lesson', 'card', 'ignored', 'unknown')),
    lesson_id bigint
);

create index activity_parent on core.activity (parent_iri);

create table core.lesson (
    lesson_id bigint primary key references core.activity,
    iri text not null,
    name text not null
);

create table core.card (
    card_id bigint primary key references core.activity,
    lesson_id bigint not null,
    iri text not null,
    name text not null,
    card_number integer,
    card_type text
);

create index card_lesson on core.card (lesson_id);

create table core.assignment (
    cohort_id bigint not null references core.cohort,
    lesson_id bigint not null references core.activity,
    delivered_at timestamptz not null,
    due_on date not null,
    primary key (cohort_id, lesson_id)
);

create index assignment_lesson on core.assignment (lesson_id);

create table core.verb (
    verb_id text primary key,
    action text not null check (
        action in ('opened', 'started', 'viewed', 'answered', 'progressed', 'completed', 'passed', 'failed', 'left')
    )
);

-- What a verb means to a learning path. Everything else is 'other' and is counted in mart.data_quality.
insert into core.verb (verb_id, action)
values
('http://adlnet.gov/expapi/verbs/launched', 'opened'),
('http://activitystrea.ms/schema/1.0/open', 'opened'),
('http://activitystrea.ms/open', 'opened'),
('http://id.tincanapi.com/verb/opened', 'opened'),
('https://w3id.org/xapi/dod-isd/verbs/opened', 'opened'),
('http://adlnet.gov/expapi/verbs/initialized', 'started'),
('http://adlnet.gov/expapi/verbs/attempted', 'started'),
('http://adlnet.gov/expapi/verbs/resumed', 'started'),
('http://activitystrea.ms/schema/1.0/start', 'started'),
('http://activitystrea.ms/start', 'started'),
('https://w3id.org/xapi/dod-isd/verbs/started', 'started'),
('http://adlnet.gov/expapi/verbs/experienced', 'viewed'),
('http://adlnet.gov/expapi/verbs/interacted', 'viewed'),
('http://id.tincanapi.com/verb/viewed', 'viewed'),
('http://activitystrea.ms/schema/1.0/read', 'viewed'),
('http://activitystrea.ms/schema/1.0/watch', 'viewed'),
('https://w3id.org/xapi/video/verbs/played', 'viewed'),
('https://w3id.org/xapi/video/verbs/paused', 'viewed'),
('https://w3id.org/xapi/video/verbs/seeked', 'viewed'),
('http://adlnet.gov/expapi/verbs/answered', 'answered'),
('http://adlnet.gov/expapi/verbs/responded', 'answered'),
('http://activitystrea.ms/schema/1.0/submit', 'answered'),
('http://activitystrea.ms/submit', 'answered'),
('http://adlnet.gov/expapi/verbs/progressed', 'progressed'),
('http://adlnet.gov/expapi/verbs/completed', 'completed'),
('http://activitystrea.ms/schema/1.0/complete', 'completed'),
('http://activitystrea.ms/complete', 'completed'),
('http://adlnet.gov/expapi/verbs/passed', 'passed'),
('http://adlnet.gov/expapi/verbs/mastered', 'passed'),
('http://adlnet.gov/expapi/verbs/failed', 'failed'),
('http://adlnet.gov/expapi/verbs/suspended', 'left'),
('http://adlnet.gov/expapi/verbs/terminated', 'left'),
('http://adlnet.gov/expapi/verbs/exited', 'left'),
('https://w3id.org/xapi/adl/verbs/abandoned', 'left');

create table core.word_list (
    word_list_id bigint generated always as identity primary key,
    cohort_id bigint not null default 0 references core.cohort,
    term text not null check (term <> ''),
    severity text not null check (severity in ('low', 'medium', 'high')),
    note text,
    unique (cohort_id, term)
);

create table core.flag_review (
    statement_id uuid not null,
    term text not null,
    state text not null check (state in ('confirmed', 'dismissed', 'escalated')),
    reviewed_by text not null,
    reviewed_at timestamptz not null default now(),
    primary key (statement_id, term)
);

comment on function core.pseudonym(text) is 'Pseudonym of a learner in report: a keyed hash of the first key the learner came by.';
comment on function core.person_key(text) is 'The key that spellings of one mail address share: its domain in lower case.';

comment on table core.learner is 'One row a person, however many keys statements name them by.';
comment on column core.learner.learner_id is 'Surrogate key.';
comment on column core.learner.first_key is 'The actor key that the person was first found under.';
comment on column core.learner.pseudonym is 'core.pseudonym(first_key); to be computed anew where the secret is replaced.';
comment on column core.learner.mail is 'Mail address without mailto:, from the key or the roster.';
comment on column core.learner.name is 'Name in the latest statement that gives one.';
comment on column core.learner.name_position is 'Position of that statement.';
comment on column core.learner.roster_name is 'Name in the roster; goes before the other.';
comment on column core.learner.time_zone is 'IANA zone in which the learner''s days begin and end.';

comment on table core.learner_key is 'Which person each actor key is. Merging learners points their keys at one of them.';
comment on column core.learner_key.actor_key is 'core.event.actor_key.';
comment on column core.learner_key.learner_id is 'The person.';
comment on column core.learner_key.person_key is 'core.person_key(actor_key): a new spelling joins the person who has it.';

comment on table core.cohort is 'Groups of learners that get their lessons together.';
comment on column core.cohort.cohort_id is 'Surrogate key; 0 is everybody.';
comment on column core.cohort.name is 'Shown name, from group and team.';
comment on column core.cohort.group_name is 'Group in the roster.';
comment on column core.cohort.team_name is 'Team in the roster.';

comment on table core.cohort_member is 'Who is in which cohort, and when.';
comment on column core.cohort_member.cohort_id is 'The cohort.';
comment on column core.cohort_member.learner_id is 'The member.';
comment on column core.cohort_member.member_from is 'First day; -infinity where the roster does not say.';
comment on column core.cohort_member.member_to is 'Day after the last; infinity where the roster does not say.';

comment on view core.membership is 'core.cohort_member, and everybody in cohort 0.';

comment on table core.catalogue is 'What course files say of activities; goes before every rule.';
comment on column core.catalogue.iri is 'Activity IRI.';
comment on column core.catalogue.kind is 'lesson or card.';
comment on column core.catalogue.lesson_iri is 'Of a card: its lesson.';
comment on column core.catalogue.card_number is 'Of a card: its place in the lesson, from 1.';
comment on column core.catalogue.card_type is 'Of a card: what it shows or asks.';
comment on column core.catalogue.name is 'Name to show.';

comment on table core.activity_rule is 'Which activities are lessons and which are cards; the first rule that fits, by number.';
comment on column core.activity_rule.rule_no is 'Order.';
comment on column core.activity_rule.kind is 'What an activity is that fits.';
comment on column core.activity_rule.iri_pattern is 'Regular expression on the IRI; null fits all.';
comment on column core.activity_rule.type_pattern is 'Regular expression on the type; null fits all, also no type.';
comment on column core.activity_rule.has_parent is 'Whether a statement named a parent of it; null fits both.';
comment on column core.activity_rule.is_parent is 'Whether a statement named it as a parent; null fits both.';
comment on column core.activity_rule.parent_pattern is 'Regular expression whose first group, on the IRI, is the parent''s where no statement names one.';
comment on column core.activity_rule.note is 'Why.';

comment on table core.activity is 'Every activity that a statement had as object or parent.';
comment on column core.activity.activity_id is 'Surrogate key; also the lesson_id of a lesson and the card_id of a card.';
comment on column core.activity.iri is 'Activity IRI (core.key of it).';
comment on column core.activity.type is 'Type in the first statement that gives one: the first stands, so kinds do not flap.';
comment on column core.activity.type_position is 'Position of that statement.';
comment on column core.activity.name is 'Name in the latest statement that gives one.';
comment on column core.activity.name_position is 'Position of that statement.';
comment on column core.activity.parent_iri is 'Parent in the first statement that gives one, else what a rule reads from the IRI.';
comment on column core.activity.parent_position is 'Position of that statement; null where a rule read it.';
comment on column core.activity.is_parent is 'Whether it was named as a parent.';
comment on column core.activity.kind is 'What the catalogue or the first fitting rule says it is.';
comment on column core.activity.lesson_id is 'The lesson it is, or is part of.';

comment on table core.lesson is 'Activities that are lessons.';
comment on column core.lesson.lesson_id is 'core.activity.activity_id.';
comment on column core.lesson.iri is 'Activity IRI.';
comment on column core.lesson.name is 'Name of the catalogue, else of statements, else the end of the IRI.';

comment on table core.card is 'Activities that are parts of a lesson. A card belongs to the first lesson it was seen under.';
comment on column core.card.card_id is 'core.activity.activity_id.';
comment on column core.card.lesson_id is 'Its lesson.';
comment on column core.card.iri is 'Activity IRI.';
comment on column core.card.name is 'Name of the catalogue, else of statements, else the end of the IRI.';
comment on column core.card.card_number is 'Place in the lesson: of the catalogue, else the number that the IRI ends in.';
comment on column core.card.card_type is 'What it shows or asks, where the catalogue says.';

comment on table core.assignment is 'The delivery plan: which cohort gets which lesson when.';
comment on column core.assignment.cohort_id is 'The cohort.';
comment on column core.assignment.lesson_id is 'The lesson (core.activity.activity_id).';
comment on column core.assignment.delivered_at is 'When it is sent out; the clock of completion_speed starts here.';
comment on column core.assignment.due_on is 'Day by whose end it should be finished; in microlearning the day of delivery.';

comment on table core.verb is 'What verbs mean to a learning path.';
comment on column core.verb.verb_id is 'IRI of the verb.';
comment on column core.verb.action is 'What the learner did.';

comment on table core.word_list is 'Words and phrases that a response is flagged for.';
comment on column core.word_list.word_list_id is 'Surrogate key.';
comment on column core.word_list.cohort_id is 'Whose responses; 0: everybody''s.';
comment on column core.word_list.term is 'Word or phrase; found as whole words, without regard to case.';
comment on column core.word_list.severity is 'How urgent a look is.';
comment on column core.word_list.note is 'Why it is listed.';

comment on table core.flag_review is 'What a person decided about a flagged response.';
comment on column core.flag_review.statement_id is 'The response.';
comment on column core.flag_review.term is 'The term it was flagged for.';
comment on column core.flag_review.state is 'The decision.';
comment on column core.flag_review.reviewed_by is 'Who decided.';
comment on column core.flag_review.reviewed_at is 'When.';
