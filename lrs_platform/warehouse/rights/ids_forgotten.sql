-- The last refresh of the marts still has the ids of the statements that it took out.
delete from changed.touched_event
using lrs.erasure
where
    erasure.erasure_id = %(erasure_id)s
    and erasure.subject -> 'statement_ids' ? touched_event.statement_id::text;
