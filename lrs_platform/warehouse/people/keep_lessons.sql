-- The lines of a course file.
insert into core.course_row (
    import_id, line, row_no, lesson_iri, lesson_name, lesson_number, card_iri, card_number, card_type, card_name,
    group_name, team_name, cohort_name, delivered_at, due_on, extra
)
select
    %(import_id)s,
    line,
    row_number() over (order by ordinality),
    lesson_iri,
    lesson_name,
    lesson_number,
    card_iri,
    card_number,
    card_type,
    card_name,
    group_name,
    team_name,
    cohort_name,
    delivered_at,
    due_on,
    coalesce(extra, '{}')
from rows from (jsonb_to_recordset(%(rows)s::jsonb) as (  -- noqa: PRS, sqlfluff does not know ROWS FROM
    line integer, lesson_iri text, lesson_name text, lesson_number integer, card_iri text, card_number integer,
    card_type text, card_name text, group_name text, team_name text, cohort_name text, delivered_at timestamptz,
    due_on date, extra jsonb
)) with ordinality as row (
    line, lesson_iri, lesson_name, lesson_number, card_iri, card_number, card_type, card_name, group_name, team_name,
    cohort_name, delivered_at, due_on, extra, ordinality
);
