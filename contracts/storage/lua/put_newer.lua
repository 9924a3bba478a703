-- Write what came of a frame, only if the frame is newer than that of what was written before, also where that has expired:
-- an older result never wins. What was taken knows that; if it has been forgotten since the frame was taken, nothing is written.
-- KEYS: hash, taken
-- ARGV: epoch, sequence, TTL in ms, channel or '', mark that the frame was taken with, field, value, field, value, …
-- Returns 1 if written.
local mark, last = unpack(redis.call('HMGET', KEYS[2], 'mark', KEYS[1]))
if mark ~= ARGV[5] then return 0 end
local epoch, sequence = tonumber(ARGV[1]), tonumber(ARGV[2])
local old_epoch, old_sequence = string.match(last or '', '(%d+) (%d+)')
if old_epoch then
  old_epoch = tonumber(old_epoch)
  if epoch < old_epoch or (epoch == old_epoch and sequence <= tonumber(old_sequence)) then return 0 end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'sequence', ARGV[2], unpack(ARGV, 6))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[2]) end
return 1
