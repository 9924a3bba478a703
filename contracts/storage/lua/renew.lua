-- Prolong the leases of jobs that their owners are still working on. Returns how many are still their owner's.
-- KEYS: open jobs    ARGV: due, record prefix, id, owner, id, owner, …
local renewed = 0
for i = 3, #ARGV, 2 do
  local record = redis.call('HMGET', ARGV[2] .. ARGV[i], 'state', 'owner')
  if record[1] == 'running' and record[2] == ARGV[i + 1] then
    redis.call('ZADD', KEYS[1], 'XX', ARGV[1], ARGV[i])
    renewed = renewed + 1
  end
end
return renewed
