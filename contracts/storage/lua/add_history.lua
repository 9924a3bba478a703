-- Keep a sample of a camera, unless one was kept a moment ago, and forget those whose time is over.
-- KEYS: history, cameras with a history
-- ARGV: camera, now, retention in s, least time between samples in ms, most samples, sample
-- Returns 1 if kept.
local now, retention_ms = math.floor(1000 * time_of(ARGV[2])), 1000 * ARGV[3]
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
local last_ms = last and tonumber(string.match(last[1], '^%d+')) or 0
if now >= last_ms and now - last_ms < tonumber(ARGV[4]) then return 0 end
local id = string.format('%.0f-*', math.max(now, last_ms)) -- where the clock was put back they stay in order
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[5], id, 'sample', ARGV[6])
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', now - retention_ms))
redis.call('PEXPIRE', KEYS[1], retention_ms)
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
