-- Tell the marts what a load brought: events between two log entries (both included), and statements that were there before.
insert into core.change (from_position, upto_position, statements, duplicates)
values (lrs.log_position(%(first)s), lrs.log_position(%(last)s), %(statements)s, %(duplicates)s);
