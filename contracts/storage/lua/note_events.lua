-- Note what a camera shows, and tell what has happened since, unless another one has noted it meanwhile: each event is told once.
-- KEYS: what is noted, events
-- ARGV: what was noted ('' for nothing), what is now, its TTL in ms, now, retention in s, most events, event, event, …
-- Returns 1 if noted.
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
local now, retention_ms = math.floor(1000 * time_of(ARGV[4])), 1000 * ARGV[5]
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local id = string.format('%.0f-*', math.max(now, last and tonumber(string.match(last[1], '^%d+')) or 0))
for i = 7, #ARGV do redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[6], id, 'event', ARGV[i]) end
redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', now - retention_ms))
if #ARGV > 6 then redis.call('PEXPIRE', KEYS[2], retention_ms) end
return 1
