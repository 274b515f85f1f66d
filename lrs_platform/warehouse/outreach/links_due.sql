-- Links of the lessons that learners are to be reminded of now.
select lesson.iri
from outreach.reminder
inner join core.lesson using (lesson_id)
where reminder.dry_run = %(dry_run)s and reminder.state = 'planned' and reminder.decided_at > now() - interval '24 hours'
group by lesson.iri
order by count(*) desc, lesson.iri
limit 50;
