-- title: Responses by lesson
select lesson, count(*) as responses
from report.free_text_responses
where
    (%(lesson)s is null or lesson = %(lesson)s)
    and responded_at >= coalesce(%(written_from)s, '-infinity')
    and responded_at < coalesce(%(written_until)s + 1, 'infinity')
group by lesson
order by responses desc, lesson
