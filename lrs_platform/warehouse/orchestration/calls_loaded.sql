-- Note how far the stream of calls is loaded.
insert into lrs.mcp_call_loaded (entry) values (%(entry)s)
on conflict (only_row) do update set entry = excluded.entry, loaded_at = now();
