-- Documents: what clients keep beside statements (xAPI 1.0.3, Communication 2.2: State, Activity Profile, Agent Profile).
create table lrs.document (
    document_key uuid primary key,
    context_key uuid not null,
    resource text not null check (resource in ('state', 'activity_profile', 'agent_profile')),
    activity_id text,
    agent_key text,
    registration uuid,
    document_id text not null,
    content_type text not null,
    contents bytea not null,
    etag text not null,
    updated_at timestamptz not null
);

-- The ids of a context, also those changed since a time.
create index document_context on lrs.document (context_key, updated_at);
-- All that is kept for one learner.
create index document_agent on lrs.document (md5(agent_key)) where agent_key is not null;

comment on table lrs.document is 'Documents that clients keep; written at once, not by way of the log.';
comment on column lrs.document.document_key is 'Hash (128 bits of BLAKE2b) of resource, activity, agent, registration and document id.';
comment on column lrs.document.context_key is 'The same of resource, activity and agent.';
comment on column lrs.document.resource is 'state, activity_profile or agent_profile.';
comment on column lrs.document.activity_id is 'IRI of the activity; null for an agent profile.';
comment on column lrs.document.agent_key is 'Key of the agent, as in core.event.actor_key; null for an activity profile.';
comment on column lrs.document.registration is 'Registration of a state, where it has one.';
comment on column lrs.document.document_id is 'stateId or profileId.';
comment on column lrs.document.content_type is 'Content-Type that it was sent with.';
comment on column lrs.document.contents is 'The document.';
comment on column lrs.document.etag is 'SHA-1 of contents in hexadecimal, as 1.0.3 wants ETags (Communication 3.1).';
comment on column lrs.document.updated_at is 'When it was last written.';
