-- Press or release the stop button.
update outreach.stop
set stopped = %(stopped)s, by = %(by)s, at = now()
where stopped <> %(stopped)s
returning stopped;
