-- Put before steps that may find a job stored already, and answer as if they had stored it. They write a field as it was: a
-- caller that waits until its job is on a disk, or in a replica, waits for what its own connection wrote.
-- KEYS: none of its own
local function found(record)
  local times = redis.call('HMGET', record, 'created_at', 'deadline_at')
  redis.call('HSET', record, 'created_at', times[1])
  return {'stored', times[1], times[2]}
end
