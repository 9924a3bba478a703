-- Prolong the leases of jobs that `owner` is still working on. Returns how many are still its own.
-- KEYS: open jobs    ARGV: owner, due, record prefix, id, id, …
local renewed = 0
for i = 4, #ARGV do
  local record = redis.call('HMGET', ARGV[3] .. ARGV[i], 'state', 'owner')
  if record[1] == 'running' and record[2] == ARGV[1] then
    redis.call('ZADD', KEYS[1], 'XX', ARGV[2], ARGV[i])
    renewed = renewed + 1
  end
end
return renewed
