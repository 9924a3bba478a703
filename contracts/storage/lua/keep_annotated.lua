-- Keep an annotated image of a job, within a limit of bytes for those of all jobs; what has expired counts no more.
-- KEYS: annotated images, when those of each job expire, their bytes by job ('total': of all)
-- ARGV: id, index ('' to count only), JPEG, now, TTL in s, limit     Returns 1 if the image is kept.
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])) do
  local left = redis.call('HINCRBY', KEYS[3], 'total', -(redis.call('HGET', KEYS[3], id) or 0))
  if left <= 0 then redis.call('HDEL', KEYS[3], 'total') end
  redis.call('HDEL', KEYS[3], id)
  redis.call('ZREM', KEYS[2], id)
end
if ARGV[2] == '' then return 0 end
local more = #ARGV[3] - redis.call('HSTRLEN', KEYS[1], ARGV[2]) -- of a job that is tried again
if tonumber(redis.call('HGET', KEYS[3], 'total') or 0) + more > tonumber(ARGV[6]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], ARGV[4] + ARGV[5], ARGV[1])
redis.call('HINCRBY', KEYS[3], ARGV[1], more)
redis.call('HINCRBY', KEYS[3], 'total', more)
return 1
