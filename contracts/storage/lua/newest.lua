-- Put before put_views.lua and put_analysis.lua: what came of a frame is written only if the frame is newer than that of what was
-- written before, also where that has expired: an older result never wins. What was taken knows that; if it has been forgotten
-- since the frame was taken, nothing is written.
-- KEYS: hash, taken
local function is_newer(mark, epoch, sequence) -- `mark`: that the frame was taken with
  local known, last = unpack(redis.call('HMGET', KEYS[2], 'mark', KEYS[1]))
  if known ~= mark then return false end
  local old_epoch, old_sequence = string.match(last or '', '(%d+) (%d+)')
  if not old_epoch then return true end
  epoch, old_epoch = tonumber(epoch), tonumber(old_epoch)
  return epoch > old_epoch or (epoch == old_epoch and tonumber(sequence) > tonumber(old_sequence))
end

local function put(key, epoch, sequence, ttl_ms, ...)
  redis.call('HSET', key, 'epoch', epoch, 'sequence', sequence, ...)
  redis.call('PEXPIRE', key, ttl_ms)
  redis.call('HSET', KEYS[2], KEYS[1], epoch .. ' ' .. sequence)
  redis.call('PEXPIRE', KEYS[2], ttl_ms)
end
