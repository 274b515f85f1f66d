-- The twenty cards that most attempts ended on.
select
    coalesce(lesson.name || ' / ' || card.name, card.iri) as x,
    stopped::double precision as y
from mart.card_drop_off
inner join core.lesson using (lesson_id)
inner join core.card using (card_id)
where stopped > 0
order by stopped desc, card.iri
limit 20
