-- Take webhooks whose time has come, and put off the next look at each, so that two workers never announce one twice
-- and none is lost when its announcement is. Each announcement allows for one attempt, so messages that come late or
-- twice do not shorten the gaps between attempts.
-- KEYS: webhooks due    ARGV: now, after how many s to look again, limit, prefix of a webhook's hash, TTL of the hash in s
-- Returns the job ids.
local now = time_of(ARGV[1])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))
for _, id in ipairs(due) do
  redis.call('ZADD', KEYS[1], now + ARGV[2], id)
  redis.call('HSET', ARGV[4] .. id, 'announced', 1)
  redis.call('EXPIRE', ARGV[4] .. id, ARGV[5])
end
return due
