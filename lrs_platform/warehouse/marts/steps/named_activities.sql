-- Activities that a change names, or that the catalogue lists and no event has had yet.
insert into core.activity (iri)
select iri
from core.catalogue
where exists (select from changed.touched_change inner join core.change using (change_id) where kind <> 'load')
union
select lesson_iri
from core.catalogue
where
    lesson_iri is not null
    and exists (select from changed.touched_change inner join core.change using (change_id) where kind <> 'load')
on conflict do nothing;

insert into changed.touched_activity (activity_id, kind_before, lesson_before)
select activity_id, kind, lesson_id
from core.activity
where
    exists (select from changed.mode where everything)
    or iri in (
        select core.key(unnest(activity_ids))
        from changed.touched_change
        inner join core.change using (change_id)
    )
    or (kind = 'unknown' and iri in (select catalogue.iri from core.catalogue))
on conflict do nothing;
