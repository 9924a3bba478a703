-- Note an attempt that failed: it is tried again, or given up. A webhook that is not due any more is left as it is: its
-- job was erased while it was being sent, and nothing would erase what were written now.
-- KEYS: webhooks due, webhook, webhooks dead
-- ARGV: id, attempts, now, after how many s to try again, TTL of the hash in s, the dead letter (JSON), or '' to try again
-- Returns whether the webhook was due.
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
  redis.call('DEL', KEYS[2])
  return 0
end
if ARGV[6] == '' then
  redis.call('HSET', KEYS[2], 'attempts', ARGV[2])
  redis.call('EXPIRE', KEYS[2], ARGV[5])
  redis.call('ZADD', KEYS[1], time_of(ARGV[3]) + ARGV[4], ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[3], ARGV[1], ARGV[6])
end
return 1
