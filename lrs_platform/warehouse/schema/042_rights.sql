-- Erasures of learners: what was removed, when, on whose word, and that it was looked for afterwards.
create table lrs.erasure (
    erasure_id uuid primary key,
    subject jsonb,
    subject_hash text not null,
    requested_by text not null,
    started_at timestamptz not null default now(),
    finished_at timestamptz,
    removed jsonb not null default '{}',
    verified jsonb not null default '{}',
    proof_sha256 text
);

create table lrs.retention_run (
    run_id bigint generated always as identity primary key,
    ran_at timestamptz not null default now(),
    removed jsonb not null
);

comment on table lrs.erasure is 'Erasures of learners, one row each. It holds nothing of the person once it is finished.';
comment on column lrs.erasure.erasure_id is 'Number of the proof.';
comment on column lrs.erasure.subject is 'Whom it is about, while it is under way, so that it can be taken up again; null when finished.';
comment on column lrs.erasure.subject_hash is 'Keyed hash of the key that was asked for; the key of the hash is in the secrets directory.';
comment on column lrs.erasure.requested_by is 'cli or page.';
comment on column lrs.erasure.started_at is 'When it began.';
comment on column lrs.erasure.finished_at is 'When the search afterwards found nothing; null where it is not finished.';
comment on column lrs.erasure.removed is 'What was removed or rewritten, as counts by place.';
comment on column lrs.erasure.verified is 'Where was searched afterwards, and what was found.';
comment on column lrs.erasure.proof_sha256 is 'Checksum of the signed proof.';

comment on table lrs.retention_run is 'What retention removed, one row a run that removed anything.';
comment on column lrs.retention_run.run_id is 'Order.';
comment on column lrs.retention_run.ran_at is 'When.';
comment on column lrs.retention_run.removed is 'Rows removed, by table.';
