-- Forget a webhook that has reached its receiver. The job's record was kept for it; now it lives as long as any other,
-- and its idempotency key no longer. Its result leaves the server's file within two minutes after that, as finalize.lua says.
-- KEYS: webhooks due, webhook, record of the job, erasures, note of its idempotency key    ARGV: id, now, ttl_s
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('DEL', KEYS[2])
if redis.call('EXPIRE', KEYS[3], ARGV[3], 'LT') == 1 then
  end_key(ARGV[1], KEYS[5], ARGV[3])
  local minute = 60 * math.ceil((time_of(ARGV[2]) + ARGV[3] + 5) / 60)
  redis.call('ZADD', KEYS[4], minute, minute)
end
