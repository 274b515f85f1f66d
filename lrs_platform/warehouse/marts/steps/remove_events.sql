-- Take the touched events out and keep the keys they had.
with gone as (
    delete from core.learning_event
    using changed.touched_event as touched
    where learning_event.position = touched.position and learning_event.statement_id = touched.statement_id
    returning learning_event.learner_id, learning_event.lesson_id, learning_event.day
)

insert into changed.key (learner_id, lesson_id, day)
select distinct learner_id, lesson_id, day
from gone;
