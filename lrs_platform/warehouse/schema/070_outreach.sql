-- Outreach: who was to be reminded of which lesson on which day and what became of it, who wants no mail, and what was
-- found out about its effect. Addresses stand here under keyed hashes only, and no text of a mail is kept.
create schema outreach;

-- A keyed hash of a mail address, the same for all spellings that are one address.
create function outreach.address_key(mail text) returns text
language sql stable parallel safe
return case when mail ~ '^[^@[:space:]]+@[^@[:space:]]+$' then core.pseudonym('mail ' || core.person_key('mailto:' || mail)) end;

-- No foreign keys: what was sent stays true when learners are merged or a lesson is taken out of the catalogue.
create table outreach.reminder (
    reminder_id bigint generated always as identity primary key,
    dry_run boolean not null,
    day date not null,
    learner_id bigint not null,
    address_key text,
    lesson_id bigint not null,
    cohort_id bigint not null,
    idempotency_key text not null,
    reason text not null check (reason in ('not_opened', 'opened', 'started', 'failed')),
    overdue_days integer not null,
    others integer not null,
    time_zone text not null,
    state text not null check (
        state in ('planned', 'sent', 'refused', 'deferred', 'unknown', 'dropped', 'expired', 'skipped', 'held_out')
    ),
    why text check (
        why in (
            'no_address', 'opted_out', 'complained', 'bounced', 'no_consent', 'enough', 'finished', 'day_over', 'left'
        )
    ),
    decided_at timestamptz not null,
    attempts integer not null default 0,
    next_try_at timestamptz,
    message_id text,
    reply text,
    settled_at timestamptz
);

-- One a learner and day, and one an address and day should two learners have it; the mail server's key says the same.
create unique index reminder_learner on outreach.reminder (day, learner_id, dry_run);
create unique index reminder_address on outreach.reminder (day, address_key, dry_run) where address_key is not null;
create index reminder_open on outreach.reminder (reminder_id) where state in ('planned', 'deferred', 'unknown');
create index reminder_pair on outreach.reminder (learner_id, lesson_id);
create index reminder_message on outreach.reminder (message_id) where message_id is not null;

create table outreach.contact_choice (
    choice_id bigint generated always as identity primary key,
    address_key text not null,
    choice text not null check (
        choice in ('consented', 'opted_out', 'complained', 'bounced', 'soft_bounced', 'released')
    ),
    source text not null check (source in ('link', 'page', 'cli', 'webhook', 'mailbox')),
    mark text,
    note text,
    at timestamptz not null default now()
);

create index contact_choice_address on outreach.contact_choice (address_key, choice_id);
create unique index contact_choice_mark on outreach.contact_choice (address_key, mark) where mark is not null;

-- What somebody wants is the last they said; whether their mail arrives is the last that was seen. One does not undo the other.
create view outreach.contact as
select
    address_key,
    (array_agg(choice order by choice_id desc) filter (where choice in ('consented', 'opted_out', 'complained')))[1] as will,
    (array_agg(source order by choice_id desc) filter (where choice in ('consented', 'opted_out', 'complained')))[1] as will_source,
    max(at) filter (where choice in ('consented', 'opted_out', 'complained')) as will_at,
    coalesce(max(choice_id) filter (where choice = 'bounced'), 0)
    > coalesce(max(choice_id) filter (where choice = 'released'), 0)
    or count(*) filter (where choice = 'soft_bounced' and choice_id > released and at > now() - interval '30 days') >= 3 as bounced
from (
    select *, coalesce(max(choice_id) filter (where choice = 'released') over (partition by address_key), 0) as released
    from outreach.contact_choice
) as said
group by address_key;

create table outreach.look (
    look_id bigint generated always as identity primary key,
    looked_at timestamptz not null,
    dry_run boolean not null,
    planned integer not null,
    held_out integer not null,
    quiet integer not null,
    skipped jsonb not null
);

create table outreach.digest (
    day date not null,
    address_key text not null,
    cohort_name text not null,
    idempotency_key text not null,
    state text not null,
    figures jsonb not null,
    reply text,
    at timestamptz not null,
    primary key (day, address_key, cohort_name)
);

create table outreach.stop (
    only_row boolean primary key default true check (only_row),
    stopped boolean not null,
    by text not null,
    at timestamptz not null default now()
);

insert into outreach.stop (stopped, by) values (false, 'default');

-- What the links in mails are signed with.
create table outreach.link_key (
    only_row boolean primary key default true check (only_row),
    secret text not null
);

insert into outreach.link_key (secret) values (gen_random_uuid()::text || gen_random_uuid()::text);

-- What became of each learner and lesson after the decision: for those who got mail, a day from the mail; for those who
-- got none, a day from the decision.
create view outreach.outcome as
select
    reminder.*,
    case when reminder.state = 'sent' then reminder.settled_at else reminder.decided_at end as counted_from,
    reminder.state = 'sent' as reminded,
    progress.completed_at,
    coalesce(
        progress.completed_at
        < case when reminder.state = 'sent' then reminder.settled_at else reminder.decided_at end + interval '24 hours',
        false
    ) as finished_in_a_day
from outreach.reminder
left join mart.lesson_progress as progress
    on reminder.learner_id = progress.learner_id and reminder.lesson_id = progress.lesson_id and progress.cohort_id = 0
where not reminder.dry_run and reminder.state in ('sent', 'skipped', 'held_out', 'refused', 'expired');

comment on schema outreach is 'Reminders: intents, receipts, who wants none, effect.';
comment on function outreach.address_key(text) is 'Keyed hash of a mail address; null where it is none.';

comment on table outreach.reminder is 'Decisions, one a learner and day: the intent is written before anything is sent, the receipt after.';
comment on column outreach.reminder.reminder_id is 'Surrogate key, in the order of decisions.';
comment on column outreach.reminder.dry_run is 'Decided while LRS_REMINDERS was dry-run: nothing was sent.';
comment on column outreach.reminder.day is 'Day in the learner''s time zone.';
comment on column outreach.reminder.learner_id is 'The learner.';
comment on column outreach.reminder.address_key is 'outreach.address_key of the address; null without one.';
comment on column outreach.reminder.lesson_id is 'The lesson (core.activity.activity_id).';
comment on column outreach.reminder.cohort_id is 'The cohort it was assigned in.';
comment on column outreach.reminder.idempotency_key is 'Key under which the mail server sends it once.';
comment on column outreach.reminder.reason is 'How far the learner had come.';
comment on column outreach.reminder.overdue_days is 'Days since the lesson was due, on that day.';
comment on column outreach.reminder.others is 'Other lessons that were open as well.';
comment on column outreach.reminder.time_zone is 'The learner''s, when it was decided.';
comment on column outreach.reminder.state is 'To be sent: planned, deferred. Answered: sent, refused. Lost: unknown. No longer: dropped, expired.';
comment on column outreach.reminder.why is 'Why none was sent.';
comment on column outreach.reminder.decided_at is 'When it was decided.';
comment on column outreach.reminder.attempts is 'How often the mail server was asked to send it.';
comment on column outreach.reminder.next_try_at is 'When to ask it again; null: now where planned, never where unknown.';
comment on column outreach.reminder.message_id is 'Message-ID of the mail.';
comment on column outreach.reminder.reply is 'Last answer of the SMTP server.';
comment on column outreach.reminder.settled_at is 'When the state became final.';

comment on table outreach.contact_choice is 'Consents, refusals and bounces, each with source and time; nothing is overwritten.';
comment on column outreach.contact_choice.choice_id is 'Order.';
comment on column outreach.contact_choice.address_key is 'Keyed hash of the address; stays when the learner is erased: a refusal outlives the next roster.';
comment on column outreach.contact_choice.choice is 'consented, opted_out: said. complained, bounced, soft_bounced: came back. released: put right.';
comment on column outreach.contact_choice.source is 'link: in a mail. page, cli: entered by somebody. webhook, mailbox: reported.';
comment on column outreach.contact_choice.mark is 'Hash of the report, so that one counts once.';
comment on column outreach.contact_choice.note is 'What was reported, or who entered it.';
comment on column outreach.contact_choice.at is 'When.';

comment on view outreach.contact is 'Of each address: what its owner wants, and whether mail arrives.';

comment on table outreach.look is 'Looks for learners to remind, of the last months.';
comment on column outreach.look.look_id is 'Order.';
comment on column outreach.look.looked_at is 'When.';
comment on column outreach.look.dry_run is 'Whether nothing was to be sent.';
comment on column outreach.look.planned is 'Reminders decided.';
comment on column outreach.look.held_out is 'Learners whom chance left out.';
comment on column outreach.look.quiet is 'Learners due whose day has not begun, is over, or is a weekend.';
comment on column outreach.look.skipped is 'Learners due who get none, by reason.';

comment on table outreach.digest is 'Morning lists of coordinators, one an address, cohort and day.';
comment on column outreach.digest.day is 'Day in the coordinators'' time zone.';
comment on column outreach.digest.address_key is 'outreach.address_key of the coordinator.';
comment on column outreach.digest.cohort_name is 'The cohort; empty for all.';
comment on column outreach.digest.idempotency_key is 'Key under which the mail server sends it once.';
comment on column outreach.digest.state is 'The mail server''s answer, or dry_run.';
comment on column outreach.digest.figures is 'Figures in it, without people.';
comment on column outreach.digest.reply is 'Last answer of the SMTP server.';
comment on column outreach.digest.at is 'When.';

comment on table outreach.stop is 'The stop button.';
comment on column outreach.stop.only_row is 'Always true: there is one row.';
comment on column outreach.stop.stopped is 'While true nothing is decided or sent.';
comment on column outreach.stop.by is 'Who pressed it last.';
comment on column outreach.stop.at is 'When.';

comment on table outreach.link_key is 'Key of the signatures in links of mails.';
comment on column outreach.link_key.only_row is 'Always true: there is one row.';
comment on column outreach.link_key.secret is 'Random text, 244 bits; a new one makes all links in mails invalid.';

comment on view outreach.outcome is 'Decisions with what the learner did in the day after.';

create view report.reminder as
select
    reminder.day,
    learner.pseudonym as learner,
    reminder.cohort_id,
    cohort.name as cohort,
    reminder.lesson_id,
    lesson.name as lesson,
    reminder.reason,
    reminder.overdue_days,
    reminder.state,
    reminder.why,
    reminder.decided_at,
    case when reminder.state = 'sent' then reminder.settled_at end as sent_at,
    outcome.completed_at,
    coalesce(outcome.finished_in_a_day, false) as finished_in_a_day
from outreach.reminder
left join outreach.outcome using (reminder_id)
left join core.learner on reminder.learner_id = learner.learner_id
left join core.cohort on reminder.cohort_id = cohort.cohort_id
left join core.lesson on reminder.lesson_id = lesson.lesson_id
where not reminder.dry_run;

comment on view report.reminder is 'Who was to be reminded of what and when, and what became of it.';
comment on column report.reminder.day is 'Day in the learner''s time zone.';
comment on column report.reminder.learner is 'Pseudonym.';
comment on column report.reminder.cohort_id is 'The cohort.';
comment on column report.reminder.cohort is 'Its name.';
comment on column report.reminder.lesson_id is 'The lesson.';
comment on column report.reminder.lesson is 'Its name.';
comment on column report.reminder.reason is 'How far the learner had come: not_opened, opened, started, failed.';
comment on column report.reminder.overdue_days is 'Days since the lesson was due.';
comment on column report.reminder.state is 'sent, planned, deferred, unknown, refused, dropped, expired, skipped or held_out.';
comment on column report.reminder.why is 'Why none was sent.';
comment on column report.reminder.decided_at is 'When it was decided.';
comment on column report.reminder.sent_at is 'When the mail was taken over.';
comment on column report.reminder.completed_at is 'When the learner finished the lesson.';
comment on column report.reminder.finished_in_a_day is 'Whether that was within 24 hours.';

-- Those who got mail against those who got none, within strata of lesson, reason and lateness: Mantel-Haenszel's
-- difference of shares. The interval uses shares moved a little towards one half, so that a stratum of noughts has a width too.
create view report.reminder_effect as
with stratum as (
    select
        lesson_id,
        reason,
        least(overdue_days, 7) as lateness,
        count(*) filter (where reminded) as n1,
        count(*) filter (where reminded and finished_in_a_day) as x1,
        count(*) filter (where not reminded) as n0,
        count(*) filter (where not reminded and finished_in_a_day) as x0
    from outreach.outcome
    where counted_from < now() - interval '24 hours'
    group by lesson_id, reason, least(overdue_days, 7)
),

matched as (
    select
        *,
        n1::float8 * n0 / (n1 + n0) as weight,
        x1::float8 / n1 as share1,
        x0::float8 / n0 as share0,
        (x1 + 0.5) / (n1 + 1.0) as moved1,
        (x0 + 0.5) / (n0 + 1.0) as moved0
    from stratum
    where n1 > 0 and n0 > 0
),

summed as (
    select
        grouping(reason) as is_all,
        reason,
        sum(n1) as reminded,
        sum(n0) as not_reminded,
        sum(weight * share1) / sum(weight) as finished_reminded,
        sum(weight * share0) / sum(weight) as finished_not_reminded,
        sqrt(
            sum(weight ^ 2 * (moved1 * (1 - moved1) / n1 + moved0 * (1 - moved0) / n0))
        ) / sum(weight) as standard_error
    from matched
    group by grouping sets ((), (reason))
)

select
    case when is_all = 1 then 'all' else reason end as reason,
    reminded::bigint as reminded,
    not_reminded::bigint as not_reminded,
    finished_reminded,
    finished_not_reminded,
    finished_reminded - finished_not_reminded as effect,
    greatest(finished_reminded - finished_not_reminded - 1.96 * standard_error, -1) as effect_low,
    least(finished_reminded - finished_not_reminded + 1.96 * standard_error, 1) as effect_high
from summed
where reminded > 0;

comment on view report.reminder_effect is 'Share of learners who finished within 24 hours of a reminder, against matched learners who got none.';
comment on column report.reminder_effect.reason is 'How far they had come, or all.';
comment on column report.reminder_effect.reminded is 'Reminders that have somebody to be compared with, a day or more ago.';
comment on column report.reminder_effect.not_reminded is 'Learners due who got none, of the same lesson, reason and lateness.';
comment on column report.reminder_effect.finished_reminded is 'Share of the reminded who finished.';
comment on column report.reminder_effect.finished_not_reminded is 'Share of the others who finished, weighted alike.';
comment on column report.reminder_effect.effect is 'Difference of the two.';
comment on column report.reminder_effect.effect_low is 'Lower end of its 95 % interval.';
comment on column report.reminder_effect.effect_high is 'Upper end of its 95 % interval.';
