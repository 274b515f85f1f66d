-- Statements that the changes concern: loaded, voided, of named learners.
insert into changed.explicit_learner (learner_id)
select learner_key.learner_id
from changed.touched_change
inner join core.change using (change_id)
inner join core.learner_key on learner_key.actor_key = any(change.learner_keys)
union
select unnest(change.learner_ids)
from changed.touched_change
inner join core.change using (change_id)
union
select member.learner_id
from changed.touched_change
inner join core.change using (change_id)
inner join core.cohort_member as member on member.cohort_id = any(change.cohort_ids);

analyze changed.explicit_learner;

insert into changed.touched_event (position, statement_id)
select event.position, event.statement_id
from changed.touched_change
inner join core.change using (change_id)
inner join core.event on event.position between change.from_position and change.upto_position
union
select event.position, event.statement_id
from changed.touched_change
inner join core.change using (change_id)
inner join core.event on event.actor_key = any(change.learner_keys)
union
select event.position, event.statement_id
from changed.explicit_learner
inner join core.learner_key using (learner_id)
inner join core.event using (actor_key)
union
select learning_event.position, learning_event.statement_id
from changed.explicit_learner
inner join core.learning_event using (learner_id);

-- A voiding concerns the statement it names, whichever of the two came first.
insert into changed.touched_event (position, statement_id)
select target.position, target.statement_id
from changed.touched_event
inner join core.event as voiding using (position, statement_id)
inner join core.event as target
    on target.statement_id = case when pg_input_is_valid(voiding.object_id, 'uuid') then voiding.object_id::uuid end
where
    voiding.verb_id = 'http://adlnet.gov/expapi/verbs/voided'
    and voiding.object_type = 'StatementRef'
on conflict do nothing;
