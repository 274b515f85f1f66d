-- Queries that people keep in the SQL terminal. What they hold is text until a reader runs it; the guard reads it then.
create table lrs.saved_query (
    query_id uuid primary key default gen_random_uuid(),
    owner text not null check (char_length(owner) between 1 and 320),
    name text not null check (char_length(name) between 1 and 200),
    sql text not null check (char_length(sql) between 1 and 50000),
    chart jsonb,
    shared boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (owner, name)
);

create index saved_query_shared on lrs.saved_query (name) where shared;

comment on table lrs.saved_query is 'Queries kept in the SQL terminal, one row each.';
comment on column lrs.saved_query.query_id is 'Stands in links to the query.';
comment on column lrs.saved_query.owner is 'Whoever saved it, as the login names them; they alone change it.';
comment on column lrs.saved_query.name is 'What it is called; an owner has each name once.';
comment on column lrs.saved_query.sql is 'The query.';
comment on column lrs.saved_query.chart is 'Which columns its chart shows and how, as the page keeps it; null where it has none.';
comment on column lrs.saved_query.shared is 'Whether everyone who may open the terminal sees it.';
comment on column lrs.saved_query.created_at is 'When it was saved first.';
comment on column lrs.saved_query.updated_at is 'When it was saved last.';
