-- What links are signed with.
select secret
from outreach.link_key;
