-- The lines of a roster.
insert into core.roster_row (
    import_id, line, mail_key, mail, claims, first_name, last_name, group_name, team_name, cohort_name, time_zone, extra
)
select
    %(import_id)s,
    line,
    mail_key,
    mail,
    array(select jsonb_array_elements_text(claims)),
    first_name,
    last_name,
    group_name,
    team_name,
    cohort_name,
    time_zone,
    coalesce(extra, '{}')
from jsonb_to_recordset(%(rows)s::jsonb) as row (
    line integer, mail_key text, mail text, claims jsonb, first_name text, last_name text, group_name text,
    team_name text, cohort_name text, time_zone text, extra jsonb
);
