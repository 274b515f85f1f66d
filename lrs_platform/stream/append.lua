-- Append the statements of one request to the log, all of them or none, and remember their ids.
-- KEYS  the shards of the log, then the indexes of recent ids, today's first
-- ARGV  1 xAPI version; 2 authority (JSON); 3 seconds an index lives; 4 traceparent of the request or ''; 5 number of
--       shards; then for each statement: how ('new': check the id; 'fresh': made by us, no check; 'known': leave out), id,
--       statement, shard (from 1)
-- Returns {0, newest entry id}, or, with nothing appended, {1, {position in the request, statement in the log or false}, ...}
local shards = tonumber(ARGV[5])
local today = shards + 1
local taken = {1}
for n = 6, #ARGV, 4 do
  if ARGV[n] == 'new' then
    for k = today, #KEYS do
      local entry = redis.call('HGET', KEYS[k], ARGV[n + 1])
      if entry then
        local raw = false
        for s = 1, shards do
          local found = redis.call('XRANGE', KEYS[s], entry, entry)
          raw = raw or found[1] and found[1][2][8] or false
        end
        taken[#taken + 1] = {(n - 6) / 4, raw}
        break
      end
    end
  end
end
if #taken > 1 then return taken end

-- With several shards an id has to be greater than all that were given in any of them, also after the clock stepped back.
local ms, seq
if shards > 1 then
  local now = redis.call('TIME')
  ms, seq = now[1] * 1000 + math.floor(now[2] / 1000), -1
  for s = 1, shards do
    local info = redis.pcall('XINFO', 'STREAM', KEYS[s])
    for f = 1, info.err and 0 or #info, 2 do
      if info[f] == 'last-generated-id' then
        local last_ms, last_seq = string.match(info[f + 1], '(%d+)-(%d+)')
        last_ms, last_seq = tonumber(last_ms), tonumber(last_seq)
        if last_ms > ms or last_ms == ms and last_seq > seq then ms, seq = last_ms, last_seq end
      end
    end
  end
end

local newest = ''
for n = 6, #ARGV, 4 do
  if ARGV[n] ~= 'known' then
    local id = '*'
    if shards > 1 then
      seq = seq + 1
      id = string.format('%.0f-%.0f', ms, seq)
    end
    local stream = KEYS[tonumber(ARGV[n + 3])]
    if ARGV[4] == '' then
      newest = redis.call('XADD', stream, id, 'i', ARGV[n + 1], 'v', ARGV[1], 'a', ARGV[2], 's', ARGV[n + 2])
    else
      newest = redis.call('XADD', stream, id, 'i', ARGV[n + 1], 'v', ARGV[1], 'a', ARGV[2], 's', ARGV[n + 2], 't', ARGV[4])
    end
    redis.call('HSET', KEYS[today], ARGV[n + 1], newest)
  end
end
if newest ~= '' then redis.call('EXPIRE', KEYS[today], ARGV[3]) end
return {0, newest}
