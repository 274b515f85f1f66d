-- Log id and statement id of entries in a range, so that comparing a day's log with the tables moves 60 bytes a
-- statement, not its whole text.
-- KEYS  1 the stream
-- ARGV  1 start (with "(" before it: exclusive); 2 end; 3 most entries
local found = {}
for n, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])) do
  found[n] = entry[1] .. '\t' .. entry[2][2]
end
return found
