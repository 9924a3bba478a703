#!lua flags=allow-oom
-- Before each call: the server's clock is set, and what has expired by it goes. Real time plays no part.
-- ARGV: seconds, microseconds
redis.call('HSET', 'simulation:clock', 'seconds', ARGV[1], 'microseconds', ARGV[2])
local now = ARGV[1] + ARGV[2] / 1e6
local gone = redis.call('ZRANGEBYSCORE', 'simulation:expiry', '-inf', now)
for _, key in ipairs(gone) do
  redis.call('DEL', key)
  redis.call('ZREM', 'simulation:expiry', key)
end
return #gone
