-- Reserve the ids of one request, all of them or none.
-- KEYS  the indexes of recent ids, today's first
-- ARGV  1 ms for which a reservation counts; 2 seconds an index lives;
--       then for each statement: how ('new': check the id; 'fresh': made by us, no check), id
-- Returns what is known: {position in the request, value}, ...; nothing where all are reserved now.
-- A value is '<offset>:<entry id>', or a reservation: 'r<ms>'.
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local known = {}
for n = 3, #ARGV, 2 do
  if ARGV[n] == 'new' then
    for k = 1, #KEYS do
      local value = redis.call('HGET', KEYS[k], ARGV[n + 1])
      if value then
        local reserved = string.match(value, '^r(%d+)$')
        if not reserved or now - tonumber(reserved) < tonumber(ARGV[1]) then
          known[#known + 1] = {(n - 3) / 2, value}
        end
        break
      end
    end
  end
end
if #known > 0 then return known end
for n = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[n + 1], string.format('r%d', now))
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
return known
