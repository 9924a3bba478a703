-- Forget an idempotency key, unless it stands for another job by now.
-- KEYS: idempotency key, the job's note of it    ARGV: job id
local value = redis.call('GET', KEYS[1]) or ''
if string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then redis.call('DEL', KEYS[1]) end
redis.call('DEL', KEYS[2])
