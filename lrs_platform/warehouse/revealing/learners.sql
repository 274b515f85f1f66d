-- Who is behind pseudonyms.
select learner, name, mail
from report_pii.learner
where learner = any(%(learners)s)
