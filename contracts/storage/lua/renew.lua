-- Prolong the leases of jobs that their owners are still working on. Returns how many are still their owner's.
-- KEYS: open jobs, records    ARGV: now, lease_s, id and owner of each record
local renewed, due = 0, time_of(ARGV[1]) + ARGV[2]
for i = 2, #KEYS do
  local record = redis.pcall('HMGET', KEYS[i], 'state', 'owner')
  if record[1] == 'running' and record[2] == ARGV[2 * i] then
    redis.call('ZADD', KEYS[1], 'XX', due, ARGV[2 * i - 1])
    renewed = renewed + 1
  end
end
return renewed
