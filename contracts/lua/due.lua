-- Take webhooks whose time has come, and put off the next look at each, so that two workers never announce one twice
-- and none is lost when its announcement is.
-- KEYS: webhooks due    ARGV: now, look again at, limit    Returns the job ids.
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, tonumber(ARGV[3]))
for _, id in ipairs(due) do redis.call('ZADD', KEYS[1], ARGV[2], id) end
return due
