-- Forget questions that are older than they are kept.
delete from lrs.question
where asked_at < now() - make_interval(secs => %(days)s::double precision * 86400)
