-- Whether the server's file is to be rewritten now, because something in it has been deleted since; true once for all
-- workers together.
-- KEYS: erasures, time of the last rewrite    ARGV: now, pause in s, longest pause in s
local now, last = tonumber(time_of(ARGV[1])), tonumber(redis.call('GET', KEYS[2]) or 0)
if now < last + tonumber(ARGV[2]) then return 0 end
local due = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if due == 0 and now < last + tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[2], string.format('%.6f', now))
return 1
