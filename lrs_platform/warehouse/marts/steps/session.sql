-- For the transaction of a refresh: few, large statements. work_mem: a million events are sorted in memory.
set local statement_timeout = '900s';
set local idle_in_transaction_session_timeout = '120s';
set local work_mem = '192MB';
set local jit = off;
