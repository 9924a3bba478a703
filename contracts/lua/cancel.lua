-- End a job that no worker has begun, as 'canceled' or 'expired'. Returns the state found: 'queued' means that it has
-- been ended now.
-- KEYS: record, images, open jobs, bytes of open jobs    ARGV: id, now, ttl_s, done channel, final state
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'queued' then return state end
redis.call('HSET', KEYS[1], 'state', ARGV[5], 'finished_at', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('UNLINK', KEYS[2])
redis.call('DECRBY', KEYS[4], redis.call('HGET', KEYS[1], 'bytes') or 0)
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('PUBLISH', ARGV[4], ARGV[1])
return state
