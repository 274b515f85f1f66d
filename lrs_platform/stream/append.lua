-- Append the statements of one request to the log, all of them or none, and remember their ids.
-- KEYS  1 the stream; 2.. the indexes of recent ids, today's first
-- ARGV  1 xAPI version; 2 authority (JSON); 3 seconds an index lives; 4 traceparent of the request or '';
--       then for each statement: how ('new': check the id; 'fresh': made by us, no check; 'known': leave out), id, statement
-- Returns {0, newest entry id}, or, with nothing appended, {1, {position in the request, statement in the log or false}, ...}
local taken = {1}
for n = 5, #ARGV, 3 do
  if ARGV[n] == 'new' then
    for k = 2, #KEYS do
      local entry = redis.call('HGET', KEYS[k], ARGV[n + 1])
      if entry then
        local found = redis.call('XRANGE', KEYS[1], entry, entry)
        taken[#taken + 1] = {(n - 5) / 3, found[1] and found[1][2][8] or false}
        break
      end
    end
  end
end
if #taken > 1 then return taken end
local newest = ''
for n = 5, #ARGV, 3 do
  if ARGV[n] ~= 'known' then
    if ARGV[4] == '' then
      newest = redis.call('XADD', KEYS[1], '*', 'i', ARGV[n + 1], 'v', ARGV[1], 'a', ARGV[2], 's', ARGV[n + 2])
    else
      newest = redis.call('XADD', KEYS[1], '*', 'i', ARGV[n + 1], 'v', ARGV[1], 'a', ARGV[2], 's', ARGV[n + 2], 't', ARGV[4])
    end
    redis.call('HSET', KEYS[2], ARGV[n + 1], newest)
  end
end
if newest ~= '' then redis.call('EXPIRE', KEYS[2], ARGV[3]) end
return {0, newest}
