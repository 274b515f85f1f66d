-- What statements are found by: an inverted index of the filters of GET /statements, references between statements, and
-- what statements say of activities.

-- An inverted index, as search engines have it: for each key the positions of the statements it finds. A row is what one
-- load adds to one key, so a batch of 5,000 statements adds a thousand rows where a row a statement and key would be 25,000;
-- and positions of a key come in order, newest first or oldest first, so a page costs its own length however many match.
create table lrs.posting (
    key uuid not null,
    first_position bigint not null,
    positions bigint[] not null,
    constraint posting_key primary key (key, first_position)
);

-- Rows keep within what Postgres stores beside the row, so nothing is compressed or moved away.
alter table lrs.posting alter column positions set storage plain;

create table lrs.reference (
    statement_id uuid primary key,
    position bigint not null,
    target_id uuid not null,
    voids boolean not null
);

-- Who refers to a statement: asked of every statement that is loaded.
create index reference_target on lrs.reference (target_id);

create function lrs.is_voided(id uuid) returns boolean
language sql stable parallel safe
return exists (select from lrs.reference where target_id = id and voids)
and not exists (select from lrs.reference where statement_id = id and voids);

create table lrs.activity (
    key uuid primary key,
    activity_id text not null,
    definition json not null
);

comment on table lrs.posting is 'Inverted index: the positions of statements, voided ones too, under what they are found by.';
comment on column lrs.posting.key is 'Hash (128 bits of BLAKE2b) of filter and value, e.g. of the verb filter and its IRI.';
comment on column lrs.posting.first_position is 'The least of positions; key and least position name a row.';
comment on column lrs.posting.positions is 'Ascending; at most 200, all within one span of 2^30 (about a second).';

comment on table lrs.reference is 'Statements whose object is another statement (StatementRef), voiding ones among them.';
comment on column lrs.reference.statement_id is 'The statement that refers.';
comment on column lrs.reference.position is 'Its place in the record.';
comment on column lrs.reference.target_id is 'The statement it refers to; it may come later, or never.';
comment on column lrs.reference.voids is 'Whether it voids its target.';

comment on function lrs.is_voided(uuid) is 'Whether a statement is voided; one that voids another cannot be (xAPI 1.0.3, Data 2.3.2).';

comment on table lrs.activity is 'What statements say of an activity, put together (xAPI 1.0.3, Communication 2.5).';
comment on column lrs.activity.key is 'Hash (128 bits of BLAKE2b) of the IRI: an index entry has a limit, an IRI has none.';
comment on column lrs.activity.activity_id is 'IRI.';
comment on column lrs.activity.definition is 'The definitions merged, newer words over older ones.';
