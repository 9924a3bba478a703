-- Try a webhook that was given up again, from the first attempt on. Sent again, because the answer to the first time was lost,
-- it changes nothing.
-- KEYS: webhooks due, webhook, webhooks dead    ARGV: id, now, TTL of the hash in s, caller, new for each call
-- Returns whether the webhook had been given up.
if redis.call('HDEL', KEYS[3], ARGV[1]) == 0 then return redis.call('HGET', KEYS[2], 'replayed') == ARGV[4] and 1 or 0 end
redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[2], 'replayed', ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('ZADD', KEYS[1], time_of(ARGV[2]), ARGV[1])
return 1
