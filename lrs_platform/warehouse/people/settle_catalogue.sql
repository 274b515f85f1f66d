-- Lessons and cards as the course files say.
with gone as (
    delete from core.catalogue
    where by_file and not exists (select from core.planned_catalogue where planned_catalogue.iri = catalogue.iri)
    returning kind, iri
)

insert into settled (what, iri)
select kind || 's removed', iri
from gone;

with planned as materialized (select * from core.planned_catalogue),

changed as (
    insert into core.catalogue as known
    (iri, kind, lesson_iri, card_number, card_type, name, lesson_number, by_file)
    select iri, kind, lesson_iri, card_number, card_type, name, lesson_number, true
    from planned
    order by iri
    on conflict (iri) do update
    set
        kind = excluded.kind,
        lesson_iri = excluded.lesson_iri,
        card_number = excluded.card_number,
        card_type = excluded.card_type,
        name = excluded.name,
        lesson_number = excluded.lesson_number
    where
        known.by_file
        and (known.kind, known.lesson_iri, known.card_number, known.card_type, known.name, known.lesson_number)
        is distinct from (
            excluded.kind, excluded.lesson_iri, excluded.card_number, excluded.card_type, excluded.name,
            excluded.lesson_number
        )
    returning known.kind, known.iri, known.xmax = 0 as is_new
)

insert into settled (what, iri)
select kind || case when is_new then 's added' else 's changed' end, iri
from changed;
