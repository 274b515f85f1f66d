-- Questions in plain words: who is in which cohort as readers see it, wordings that people taught, a row for each question.
create view report.cohort_member as
select
    cohort_member.cohort_id,
    cohort.name as cohort,
    learner.pseudonym as learner,
    cohort_member.member_from,
    cohort_member.member_to
from core.cohort_member
inner join core.cohort on cohort_member.cohort_id = cohort.cohort_id
inner join core.learner on cohort_member.learner_id = learner.learner_id;

comment on view report.cohort_member is 'Who is in which cohort, and when.';
comment on column report.cohort_member.cohort_id is 'The cohort.';
comment on column report.cohort_member.cohort is 'Its name.';
comment on column report.cohort_member.learner is 'Pseudonym of the member.';
comment on column report.cohort_member.member_from is 'First day; -infinity where the roster does not say.';
comment on column report.cohort_member.member_to is 'Day after the last; infinity where the roster does not say.';

grant select on report.cohort_member to lrs_reader;

do $$
begin
    if exists (select from pg_roles where rolname = 'lrs_reader_pii') then
        grant select on report.cohort_member to lrs_reader_pii;
    end if;
end
$$;

create table lrs.question (
    question_id uuid primary key,
    asked_at timestamptz not null default now(),
    asked_by text not null check (char_length(asked_by) between 1 and 320),
    question text not null check (char_length(question) <= 2000),
    mode text not null,
    model text not null,
    outcome text not null check (outcome in ('answered', 'abstained', 'refused', 'failed')),
    intent jsonb,
    sql text,
    row_count integer,
    confidence double precision,
    took_ms double precision not null,
    tokens integer
);

create index question_asked_at on lrs.question (asked_at);

comment on table lrs.question is 'Questions in plain words, one row each: what was asked, what was made of it.';
comment on column lrs.question.question_id is 'Given to whoever asked.';
comment on column lrs.question.asked_at is 'When.';
comment on column lrs.question.asked_by is 'Whoever asked, as the login names them.';
comment on column lrs.question.question is 'The words.';
comment on column lrs.question.mode is 'How it was read: model, chat or sql.';
comment on column lrs.question.model is 'Which chat model read it; empty where none did.';
comment on column lrs.question.outcome is 'answered, abstained (not understood), refused (by the guard) or failed.';
comment on column lrs.question.intent is 'What it was read as; null where it was not.';
comment on column lrs.question.sql is 'The query that was run; null where none was.';
comment on column lrs.question.row_count is 'Rows of the answer.';
comment on column lrs.question.confidence is '0 to 1.';
comment on column lrs.question.took_ms is 'From question to answer.';
comment on column lrs.question.tokens is 'Tokens that a chat model used; null where none did.';

create table lrs.question_wording (
    wording text primary key check (char_length(wording) between 1 and 300),
    figure text not null check (char_length(figure) between 1 and 200),
    picks integer not null default 1,
    taught_by text not null,
    taught_at timestamptz not null default now()
);

comment on table lrs.question_wording is 'What people meant by words that were not understood, as they picked it.';
comment on column lrs.question_wording.wording is 'The telling words of a question, sorted, without names, days and breakdowns.';
comment on column lrs.question_wording.figure is 'The figure that was meant, as the semantic model names it.';
comment on column lrs.question_wording.picks is 'How often it was picked.';
comment on column lrs.question_wording.taught_by is 'Who picked it last.';
comment on column lrs.question_wording.taught_at is 'When it was picked last.';
