-- Forget calls that are older than the retention.
delete from lrs.mcp_call
where called_at < now() - make_interval(secs => %(days)s * 86400);
