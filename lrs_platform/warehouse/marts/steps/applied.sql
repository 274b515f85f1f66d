-- The changes are applied; what they counted is added up by day, and old ones go.
insert into core.loaded_day as old (day, statements, duplicates)
select
    (change.changed_at at time zone 'UTC')::date,
    sum(change.statements),
    sum(change.duplicates)
from changed.touched_change
inner join core.change using (change_id)
group by (change.changed_at at time zone 'UTC')::date
having sum(change.statements) > 0 or sum(change.duplicates) > 0
on conflict (day) do update
set
    statements = old.statements + excluded.statements,
    duplicates = old.duplicates + excluded.duplicates;

update core.change
set applied_at = clock_timestamp()
from changed.touched_change
where change.change_id = touched_change.change_id;

delete from core.change
where applied_at < now() - interval '7 days';
