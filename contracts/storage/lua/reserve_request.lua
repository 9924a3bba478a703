-- Ask for an analysis only while fewer than `limit` requests of this camera are in flight.
-- KEYS: asked    ARGV: token, now, gives up at, limit, key TTL in ms     Returns 1 if the request may be sent.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
