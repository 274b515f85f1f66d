-- Put the events that a mapping made of stored statements in the place of those that stand, where they differ; add those
-- of statements that were rejected. A statement that is voided, or has no event for another reason, stays without.
-- What changed is marked for the marts: a row in core.change for each hour of the record, with the actors whose key went.
with incoming as materialized (
    select * from lrs.mapped_again(%(events)s)
),

standing as materialized (
    select event.statement_id, event.actor_key, event.object_id
    from core.event
    inner join incoming on event.statement_id = incoming.statement_id
),

written as (
    insert into core.event as known (
        statement_id, position, stored, occurred_at, actor_key, actor_name, verb_id, object_type, object_id,
        object_name, activity_type, registration, parent_id, grouping_id, score_scaled, score_raw, score_min,
        score_max, success, completion, response, duration_seconds, session_id, progress, platform
    )
    select * from incoming
    order by statement_id
    on conflict (statement_id) do update
    set
        occurred_at = excluded.occurred_at,
        actor_key = excluded.actor_key,
        actor_name = excluded.actor_name,
        verb_id = excluded.verb_id,
        object_type = excluded.object_type,
        object_id = excluded.object_id,
        object_name = excluded.object_name,
        activity_type = excluded.activity_type,
        registration = excluded.registration,
        parent_id = excluded.parent_id,
        grouping_id = excluded.grouping_id,
        score_scaled = excluded.score_scaled,
        score_raw = excluded.score_raw,
        score_min = excluded.score_min,
        score_max = excluded.score_max,
        success = excluded.success,
        completion = excluded.completion,
        response = excluded.response,
        duration_seconds = excluded.duration_seconds,
        session_id = excluded.session_id,
        progress = excluded.progress,
        platform = excluded.platform
    where
        (
            known.occurred_at, known.actor_key, known.actor_name, known.verb_id, known.object_type, known.object_id,
            known.object_name, known.activity_type, known.registration, known.parent_id, known.grouping_id,
            known.score_scaled, known.score_raw, known.score_min, known.score_max, known.success, known.completion,
            known.response, known.duration_seconds, known.session_id, known.progress, known.platform
        ) is distinct from (
            excluded.occurred_at, excluded.actor_key, excluded.actor_name, excluded.verb_id, excluded.object_type,
            excluded.object_id, excluded.object_name, excluded.activity_type, excluded.registration,
            excluded.parent_id, excluded.grouping_id, excluded.score_scaled, excluded.score_raw, excluded.score_min,
            excluded.score_max, excluded.success, excluded.completion, excluded.response, excluded.duration_seconds,
            excluded.session_id, excluded.progress, excluded.platform
        )
    returning statement_id, position, actor_key, object_id
),

cleared as (
    delete from lrs.rejected
    using incoming
    where
        rejected.statement_id = incoming.statement_id::text
        and rejected.stage in ('map', 'load')
        and lrs.log_position(rejected.log_id) = incoming.position
    returning 1
),

marked as (
    insert into core.change (kind, from_position, upto_position, statements, learner_keys, activity_ids)
    select
        'map',
        min(written.position),
        max(written.position),
        count(*) filter (where standing.statement_id is null),
        array_agg(distinct standing.actor_key) filter (where standing.actor_key <> written.actor_key),
        array_agg(distinct standing.object_id) filter (where standing.object_id <> written.object_id)
    from written
    left join standing on written.statement_id = standing.statement_id
    group by written.position / (3600000::bigint * 1048576)
    returning 1
)

select
    (select count(*) from incoming) as mapped,
    (select count(*) from written where statement_id in (select statement_id from standing)) as changed,
    (select count(*) from written where statement_id not in (select statement_id from standing)) as added,
    (select count(*) from cleared) as cleared,
    (select count(*) from marked) as marks;
