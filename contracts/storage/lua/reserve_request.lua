-- Ask for an analysis only while fewer than `limit` requests of this camera are in flight. One that seems to end later than it
-- can is of a time before the server's clock was put back.
-- KEYS: asked    ARGV: token, now, gives up after how many s, limit, key TTL in ms     Returns 1 if the request may be sent.
local now = tonumber(time_of(ARGV[2]))
local gives_up_at = string.format('%.6f', now + ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. gives_up_at, '+inf')
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], gives_up_at, ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
