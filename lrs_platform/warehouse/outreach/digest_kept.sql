-- What became of a morning list; a final state stays.
insert into outreach.digest as known (day, address_key, cohort_name, idempotency_key, state, figures, reply, at)
values (
    %(day)s, outreach.address_key(%(mail)s), %(cohort)s, %(key)s, %(state)s, %(figures)s, left(%(reply)s, 300), %(now)s
)
on conflict (day, address_key, cohort_name) do update
set state = excluded.state, reply = excluded.reply, at = excluded.at
where known.state not in ('sent', 'refused');
