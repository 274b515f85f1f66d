-- Which learners were found to be one person, by whom and why, with all that is needed to tell them apart again.
create table core.learner_merge (
    merge_id bigint generated always as identity primary key,
    kept_id bigint not null,
    merged_id bigint not null,
    cause text not null check (cause in ('hand', 'roster')),
    claim text,
    keys text[] not null,
    merged jsonb not null,
    members jsonb not null default '[]',
    members_added jsonb not null default '[]',
    note text,
    merged_by text not null,
    merged_at timestamptz not null default now(),
    unmerged_by text,
    unmerged_at timestamptz
);

create index learner_merge_kept on core.learner_merge (kept_id);
create index learner_merge_merged on core.learner_merge (merged_id);

comment on table core.learner_merge is 'Merges of learners, also those that were undone.';
comment on column core.learner_merge.merge_id is 'Order.';
comment on column core.learner_merge.kept_id is 'The learner who stayed.';
comment on column core.learner_merge.merged_id is 'The learner whose keys went over; the id is given back when they are told apart.';
comment on column core.learner_merge.cause is 'hand: a person decided. roster: the keys are of one address in a roster.';
comment on column core.learner_merge.claim is 'Of a merge by roster: the key that the roster claims; it ends with the claim.';
comment on column core.learner_merge.keys is 'Actor keys that went over.';
comment on column core.learner_merge.merged is 'The merged learner''s row of core.learner as it was.';
comment on column core.learner_merge.members is 'Memberships by hand that the merged learner had.';
comment on column core.learner_merge.members_added is 'Those of them that the other learner got.';
comment on column core.learner_merge.note is 'Why, in words.';
comment on column core.learner_merge.merged_by is 'cli, page or roster.';
comment on column core.learner_merge.merged_at is 'When.';
comment on column core.learner_merge.unmerged_by is 'cli, page or roster; null where it stands.';
comment on column core.learner_merge.unmerged_at is 'When it was undone.';
