-- The indexes that remove_all_events.sql took away, and fresh statistics for what reads the events next.
alter table core.learning_event add constraint learning_event_key primary key (position, statement_id);

create index learning_event_path on core.learning_event (learner_id, lesson_id);

analyze core.learning_event, core.learner, core.learner_key, core.activity, core.lesson, core.card;
