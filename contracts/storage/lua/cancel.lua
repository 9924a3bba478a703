-- End a job that no worker has begun, as 'canceled' or 'expired'. Returns the state found: 'queued' means that it has
-- been ended by this caller, also if it asks again because it did not hear the answer.
-- KEYS: as finalize.lua    ARGV: id, now, ttl_s, final state, caller, new for each call
local record = record_of(KEYS[1])
if record.state == 'queued' then
  finalize(ARGV[1], record, ARGV[4], {owner = ARGV[5]}, time_of(ARGV[2]), ARGV[3])
elseif record.state == ARGV[4] and record.owner == ARGV[5] then
  return 'queued'
end
return record.state
