-- Claim a job for one worker.
-- KEYS: as finalize.lua
-- ARGV: id, then as attempt.lua has them
local id, by, record = ARGV[1], claimant(2), record_of(KEYS[1])
by.now = time_of(by.now)
local queued = record.state == 'queued'
local verdict, anew = attempt(id, record, by, KEYS[1], KEYS[2])
if anew then
  begin({id}, by, record.queue or '', queued and tonumber(record.image_count) or 0)
  if queued then unqueue(id) end
end
return verdict
