-- The index no longer knows these keys.
delete from lrs.posting
where key = any(%(keys)s::uuid[]);
