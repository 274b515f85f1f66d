-- The log of MCP calls in SQL: what the asset mcp_calls loads from the stream lrs:calls.
create table lrs.mcp_call (
    entry text not null,
    number integer not null,
    called_at timestamptz not null,
    server text not null,
    tool text not null,
    agent text not null,
    contract text not null,
    run text not null,
    trace text not null,
    request_bytes bigint not null,
    response_bytes bigint not null,
    rows bigint,
    milliseconds double precision not null,
    outcome text not null,
    error text not null,
    arguments text not null,
    constraint mcp_call_key primary key (entry, number)
);

-- Rates and purging go by time; calls come nearly in its order, so a block range costs next to nothing.
create index mcp_call_time on lrs.mcp_call using brin (called_at);

create table lrs.mcp_call_loaded (
    only_row boolean primary key default true check (only_row),
    entry text not null,
    loaded_at timestamptz not null default now()
);

comment on table lrs.mcp_call is 'Calls of MCP tools, of the last days; never their arguments or answers.';
comment on column lrs.mcp_call.entry is 'Entry of the stream that brought it.';
comment on column lrs.mcp_call.number is 'Its place in that entry.';
comment on column lrs.mcp_call.called_at is 'When it began.';
comment on column lrs.mcp_call.server is 'MCP server.';
comment on column lrs.mcp_call.tool is 'Tool.';
comment on column lrs.mcp_call.agent is 'On whose behalf.';
comment on column lrs.mcp_call.contract is 'Contract of that agent.';
comment on column lrs.mcp_call.run is 'Dagster run, or tick:<ms> of a sensor.';
comment on column lrs.mcp_call.trace is 'W3C trace id.';
comment on column lrs.mcp_call.request_bytes is 'Size of the request.';
comment on column lrs.mcp_call.response_bytes is 'Size of the answer.';
comment on column lrs.mcp_call.rows is 'Rows it was about, where the caller said so.';
comment on column lrs.mcp_call.milliseconds is 'How long it took.';
comment on column lrs.mcp_call.outcome is 'ok, tool_error, unavailable or cancelled.';
comment on column lrs.mcp_call.error is 'Class of the failure; empty where there is none.';
comment on column lrs.mcp_call.arguments is 'Keyed hash of the arguments: equal for equal ones, and says nothing of them.';

comment on table lrs.mcp_call_loaded is 'How far the stream of calls is loaded.';
comment on column lrs.mcp_call_loaded.only_row is 'Always true: there is one row.';
comment on column lrs.mcp_call_loaded.entry is 'The last entry that was loaded.';
comment on column lrs.mcp_call_loaded.loaded_at is 'When.';

create view report.mcp_call as
select
    called_at,
    server,
    tool,
    agent,
    contract,
    run,
    trace,
    request_bytes,
    response_bytes,
    rows,
    milliseconds,
    outcome,
    error
from lrs.mcp_call;

comment on view report.mcp_call is 'Calls of MCP tools, of the last days.';
comment on column report.mcp_call.called_at is 'When it began.';
comment on column report.mcp_call.server is 'MCP server.';
comment on column report.mcp_call.tool is 'Tool.';
comment on column report.mcp_call.agent is 'On whose behalf.';
comment on column report.mcp_call.contract is 'Contract of that agent.';
comment on column report.mcp_call.run is 'Dagster run, or tick:<ms> of a sensor.';
comment on column report.mcp_call.trace is 'W3C trace id.';
comment on column report.mcp_call.request_bytes is 'Size of the request.';
comment on column report.mcp_call.response_bytes is 'Size of the answer.';
comment on column report.mcp_call.rows is 'Rows it was about, where the caller said so.';
comment on column report.mcp_call.milliseconds is 'How long it took.';
comment on column report.mcp_call.outcome is 'ok, tool_error, unavailable or cancelled.';
comment on column report.mcp_call.error is 'Class of the failure; empty where there is none.';

-- Which changes a statement's position lies in: asked when it is followed.
create index change_position on core.change (upto_position);
