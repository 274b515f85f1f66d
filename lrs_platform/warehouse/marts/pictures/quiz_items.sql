-- Share of right answers of the thirty hardest questions with enough answers.
select card.name as x, difficulty as y
from mart.quiz_items
inner join core.card using (card_id)
where enough
order by difficulty, card.name
limit 30
