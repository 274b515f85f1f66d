-- Remember which words the comments come from; a row where they are others than before.
insert into mart.described as old (sha256)
values (%(sha256)s)
on conflict (only_row) do update set sha256 = excluded.sha256 where old.sha256 <> excluded.sha256;
