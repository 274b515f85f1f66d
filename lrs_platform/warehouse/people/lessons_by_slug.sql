-- Lessons whose address ends in one of these slugs.
select slug, array_agg(distinct activity.iri) as iris
from unnest(%(slugs)s::text[]) as slug
inner join core.activity on lower(substring(activity.iri from '([^/]+)/?$')) = lower(slug)
where activity.kind in ('lesson', 'unknown')
group by slug;
