-- Merges by roster whose claim no roster makes any more, the latest first.
select merge_id
from core.learner_merge
where
    cause = 'roster'
    and unmerged_at is null
    and not exists (
        select from core.standing_roster_row as standing
        where learner_merge.claim = any(standing.claims)
    )
order by merge_id desc;
