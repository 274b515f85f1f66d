-- What the server says of itself: version, whether commits are on disk, whether pages are checked, its clock.
select
    current_setting('server_version') as version,
    current_setting('fsync') = 'on' and current_setting('full_page_writes') = 'on' as on_disk,
    current_setting('synchronous_commit') <> 'off' as before_answer,
    current_setting('data_checksums') = 'on' as checked,
    extract(epoch from clock_timestamp())::double precision as clock
