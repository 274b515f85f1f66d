-- How the calls of the last minutes went, by server and tool, and up to which entry the stream is loaded.
with recent as (
    select
        server,
        tool,
        count(*) as calls,
        count(*) filter (where outcome in ('tool_error', 'unavailable')) as failed,
        percentile_cont(0.95) within group (order by milliseconds) as p95_ms
    from lrs.mcp_call
    where called_at >= now() - make_interval(mins => %(minutes)s)
    group by server, tool
)

select
    json_build_object(
        'loaded_to', (select entry from lrs.mcp_call_loaded),
        'tools', coalesce(json_agg(to_json(recent) order by recent.server, recent.tool), '[]'::json)
    )
from recent;
