-- What people imported: each file is kept line by line, and what it says of learners, cohorts, lessons and deliveries is
-- derived from the files that stand. So a file imported twice changes nothing, and one taken back leaves no trace.
create table core.file_import (
    import_id bigint generated always as identity primary key,
    kind text not null check (kind in ('roster', 'lessons', 'responses')),
    file_name text not null,
    content_sha256 text not null,
    complete boolean not null default false,
    row_count integer not null,
    effect jsonb not null default '{}',
    imported_by text not null,
    imported_at timestamptz not null default now(),
    undone_by text,
    undone_at timestamptz
);

create index file_import_content on core.file_import (kind, content_sha256);

create table core.roster_row (
    import_id bigint not null references core.file_import on delete cascade,
    line integer not null,
    mail_key text not null,
    mail text not null,
    claims text[] not null,
    first_name text,
    last_name text,
    group_name text,
    team_name text,
    cohort_name text,
    time_zone text,
    extra jsonb not null default '{}',
    primary key (import_id, line)
);

create index roster_row_person on core.roster_row (mail_key, import_id);

create table core.course_row (
    import_id bigint not null references core.file_import on delete cascade,
    line integer not null,
    row_no integer not null,
    lesson_iri text not null,
    lesson_name text,
    lesson_number integer,
    card_iri text,
    card_number integer,
    card_type text,
    card_name text,
    group_name text,
    team_name text,
    cohort_name text,
    delivered_at timestamptz,
    due_on date,
    extra jsonb not null default '{}',
    primary key (import_id, row_no)
);

create index course_row_lesson on core.course_row (lesson_iri, import_id);

create table core.response_row (
    import_id bigint not null references core.file_import on delete cascade,
    line integer not null,
    statement_id uuid not null,
    primary key (import_id, line)
);

create index response_row_statement on core.response_row (statement_id);

-- What a file made, a file may take away; what was made by hand stays.
alter table core.cohort_member add column by_file boolean not null default false;
alter table core.learner_key add column by_file boolean not null default false;
alter table core.catalogue add column by_file boolean not null default false;
alter table core.catalogue add column lesson_number integer;
alter table core.assignment add column by_file boolean not null default false;

create view core.standing_roster_row as
select
    roster_row.*,
    (file_import.imported_at at time zone 'UTC')::date as imported_on
from core.roster_row
inner join core.file_import using (import_id)
where file_import.undone_at is null;

-- The roster as it stands: of each person the rows of the last file that has them.
create view core.roster as
select
    standing.*,
    (
        select min((later.imported_at at time zone 'UTC')::date)
        from core.file_import as later
        where
            later.kind = 'roster'
            and later.complete
            and later.undone_at is null
            and later.import_id > standing.import_id
    ) as left_on
from core.standing_roster_row as standing
where
    standing.import_id = (
        select max(other.import_id)
        from core.standing_roster_row as other
        where other.mail_key = standing.mail_key
    );

-- Who was in which cohort from when until when. A person's first file counts from ever; each later one from its day on,
-- until the next, or until a complete file leaves the person out. Of several files of one day the last one counts.
create view core.roster_spell as
with presence as (
    select
        mail_key,
        imported_on,
        max(import_id) as import_id
    from core.standing_roster_row
    group by mail_key, imported_on
),

spell as (
    select
        presence.mail_key,
        presence.import_id,
        case
            when row_number() over person = 1 then '-infinity'::date
            else presence.imported_on
        end as from_day,
        least(
            coalesce(lead(presence.imported_on) over person, 'infinity'::date),
            coalesce(
                (
                    select min((file_import.imported_at at time zone 'UTC')::date)
                    from core.file_import
                    where
                        file_import.kind = 'roster'
                        and file_import.complete
                        and file_import.undone_at is null
                        and file_import.import_id > presence.import_id
                        and not exists (
                            select from core.roster_row
                            where
                                roster_row.import_id = file_import.import_id
                                and roster_row.mail_key = presence.mail_key
                        )
                ),
                'infinity'::date
            )
        ) as to_day
    from presence
    window person as (partition by presence.mail_key order by presence.imported_on)
)

select
    spell.mail_key,
    roster_row.cohort_name,
    spell.from_day,
    spell.to_day
from spell
inner join core.roster_row
    on spell.import_id = roster_row.import_id and spell.mail_key = roster_row.mail_key
where roster_row.cohort_name is not null and spell.from_day < spell.to_day;

-- Course files: of each lesson the last file that names it, of its cards the last file that lists them, of each delivery
-- the last file that plans it.
create view core.standing_course_row as
select course_row.*
from core.course_row
inner join core.file_import using (import_id)
where file_import.undone_at is null;

create view core.planned_catalogue as
select distinct on (iri) iri, kind, lesson_iri, lesson_number, card_number, card_type, name
from (
    select
        core.key(lesson_iri) as iri,
        'lesson' as kind,
        null as lesson_iri,
        lesson_number,
        null::integer as card_number,
        null as card_type,
        lesson_name as name,
        0 as place,
        import_id,
        lesson_name is null as unnamed,
        row_no
    from core.standing_course_row
    union all
    select
        core.key(card_iri),
        'card',
        core.key(lesson_iri),
        null,
        card_number,
        card_type,
        card_name,
        1,
        import_id,
        false,
        row_no
    from core.standing_course_row as card
    where
        card_iri is not null
        and import_id = (
            select max(import_id)
            from core.standing_course_row as other
            where other.lesson_iri = card.lesson_iri and other.card_iri is not null
        )
) as said
order by iri, place, unnamed, import_id desc, row_no;

create view core.planned_delivery as
select distinct on (cohort_name, iri) cohort_name, core.key(lesson_iri) as iri, delivered_at, due_on
from core.standing_course_row
where delivered_at is not null and cohort_name is not null
order by cohort_name, iri, import_id desc, row_no;

-- For the role lrs_reader_pii; see 013_report_marts.sql.
create view report_pii.roster as
select
    learner.pseudonym as learner,
    roster.mail,
    roster.first_name,
    roster.last_name,
    roster.group_name,
    roster.team_name,
    roster.time_zone,
    roster.left_on,
    roster.extra
from core.roster
inner join core.learner_key on roster.mail_key = learner_key.person_key
inner join core.learner using (learner_id);

comment on table core.file_import is 'Files that were imported; one row a file, also when it was taken back.';
comment on column core.file_import.import_id is 'Order; what a later file says goes before what an earlier one says.';
comment on column core.file_import.kind is 'roster: people and cohorts. lessons: lessons, cards, deliveries. responses: answers, as statements.';
comment on column core.file_import.file_name is 'Name of the file, without its directory.';
comment on column core.file_import.content_sha256 is 'Checksum of the rows as they were understood; the same again changes nothing.';
comment on column core.file_import.complete is 'Of a roster: whoever is not in it has left.';
comment on column core.file_import.row_count is 'Rows that were taken.';
comment on column core.file_import.effect is 'What it changed, as counts.';
comment on column core.file_import.imported_by is 'cli or page.';
comment on column core.file_import.imported_at is 'When.';
comment on column core.file_import.undone_by is 'cli or page, where it was taken back.';
comment on column core.file_import.undone_at is 'When it was taken back; null where it stands.';

comment on table core.roster_row is 'Lines of rosters.';
comment on column core.roster_row.import_id is 'The file.';
comment on column core.roster_row.line is 'Line in the file.';
comment on column core.roster_row.mail_key is 'mailto: and the address, its domain in lower case: who the line is about.';
comment on column core.roster_row.mail is 'Address as written.';
comment on column core.roster_row.claims is 'Actor keys that are this person: mbox and mbox_sha1sum of the address.';
comment on column core.roster_row.first_name is 'First name.';
comment on column core.roster_row.last_name is 'Last name.';
comment on column core.roster_row.group_name is 'Group.';
comment on column core.roster_row.team_name is 'Team.';
comment on column core.roster_row.cohort_name is 'Cohort, of group and team; null where the line has neither.';
comment on column core.roster_row.time_zone is 'IANA zone.';
comment on column core.roster_row.extra is 'All other columns, by their names in the file.';

comment on table core.course_row is 'Lines of course files: a lesson, a card of it, or its delivery to a cohort.';
comment on column core.course_row.import_id is 'The file.';
comment on column core.course_row.line is 'Line in the file.';
comment on column core.course_row.row_no is 'Number of the row; a line with a number of cards makes several.';
comment on column core.course_row.lesson_iri is 'Activity IRI of the lesson.';
comment on column core.course_row.lesson_name is 'Its name.';
comment on column core.course_row.lesson_number is 'Its place in the course.';
comment on column core.course_row.card_iri is 'Activity IRI of the card.';
comment on column core.course_row.card_number is 'Its place in the lesson, from 1.';
comment on column core.course_row.card_type is 'What it shows or asks.';
comment on column core.course_row.card_name is 'Its name.';
comment on column core.course_row.group_name is 'Of a delivery: group.';
comment on column core.course_row.team_name is 'Of a delivery: team.';
comment on column core.course_row.cohort_name is 'Of a delivery: cohort.';
comment on column core.course_row.delivered_at is 'Of a delivery: when.';
comment on column core.course_row.due_on is 'Of a delivery: day by whose end it should be finished.';
comment on column core.course_row.extra is 'All other columns, by their names in the file.';

comment on table core.response_row is 'Which statements a file of responses became. What was answered is in the statements alone.';
comment on column core.response_row.import_id is 'The file.';
comment on column core.response_row.line is 'Line in the file.';
comment on column core.response_row.statement_id is 'The statement.';

comment on column core.cohort_member.by_file is 'Derived from rosters.';
comment on column core.learner_key.by_file is 'A roster said so before any statement did.';
comment on column core.catalogue.by_file is 'Derived from course files.';
comment on column core.catalogue.lesson_number is 'Of a lesson: its place in the course.';
comment on column core.assignment.by_file is 'Derived from course files.';

comment on view core.standing_roster_row is 'core.roster_row without files that were taken back.';
comment on view core.roster is 'The roster as it stands: of each person the rows of the last file that has them.';
comment on view core.roster_spell is 'Who was in which cohort when, by the rosters that stand.';
comment on view core.standing_course_row is 'core.course_row without files that were taken back.';
comment on view core.planned_catalogue is 'Lessons and cards by the course files that stand.';
comment on view core.planned_delivery is 'Deliveries by the course files that stand.';
comment on view report_pii.roster is 'The roster with names and all its other columns.';

-- Views that later files add to report_pii are granted too. The role is made by deploy/postgres/roles.sql.
do $$
begin
    if exists (select from pg_roles where rolname = 'lrs_reader_pii') then
        grant usage on schema report, report_pii to lrs_reader_pii;
        grant select on all tables in schema report, report_pii to lrs_reader_pii;
        alter default privileges in schema report grant select on tables to lrs_reader_pii;
        alter default privileges in schema report_pii grant select on tables to lrs_reader_pii;
    end if;
end
$$;
