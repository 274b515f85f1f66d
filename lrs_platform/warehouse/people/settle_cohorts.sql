-- Cohorts that files name. They are kept when the files are taken back: marts may have rows of them until they are refreshed.
with named as (
    select cohort_name, group_name, team_name from core.standing_roster_row
    union all
    select cohort_name, group_name, team_name from core.standing_course_row
),

added as (
    insert into core.cohort (name, group_name, team_name)
    select distinct on (cohort_name) cohort_name, group_name, team_name
    from named
    where cohort_name is not null
    order by cohort_name, group_name, team_name
    on conflict (name) do nothing
    returning cohort_id
)

insert into settled (what, cohort_id)
select 'cohorts added', cohort_id
from added;
