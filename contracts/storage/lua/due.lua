-- Take webhooks whose time has come, and put off the next look at each, so that two workers never announce one twice
-- and none is lost when its announcement is. Each announcement allows for one attempt, so messages that come late or
-- twice do not shorten the gaps between attempts. While announcements wait, whoever takes them is slow or away: none is
-- added, and what is due stays so, for all to see how late it is.
-- KEYS: webhooks due, queue of their announcements
-- ARGV: now, after how many s to look again, limit, prefix of a webhook's hash, TTL of the hash in s
-- Returns the job ids.
if redis.call('LLEN', KEYS[2]) > 0 then return {} end
local now = time_of(ARGV[1])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))
for _, id in ipairs(due) do
  redis.call('ZADD', KEYS[1], now + ARGV[2], id)
  redis.call('HSET', ARGV[4] .. id, 'announced', 1)
  redis.call('EXPIRE', ARGV[4] .. id, ARGV[5])
end
return due
