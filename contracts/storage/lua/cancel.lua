-- End a job that no worker has begun, as 'canceled' or 'expired'. Returns the state found: 'queued' means that it has
-- been ended now.
-- KEYS: as finalize.lua    ARGV: id, now, ttl_s, final state
local state = redis.call('HGET', KEYS[1], 'state')
if state == 'queued' then finalize(ARGV[1], ARGV[4], ARGV[2], ARGV[3]) end
return state
