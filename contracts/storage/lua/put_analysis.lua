-- As put_newer.lua, for a camera's analysis and the state of its tracker: written only on top of that state with which it was
-- made. Of two analyses that began with the same state, both would give the next identity, to two faces.
-- KEYS: hash, taken
-- ARGV: epoch, sequence, TTL in ms, mark that the frame was taken with, epoch and sequence of the state that it was made with ('' for
--       none), result, state
-- Returns written | older (than what is there, or was, or the mark has been forgotten) | changed (the state: to be made again)
local mark, last = unpack(redis.call('HMGET', KEYS[2], 'mark', KEYS[1]))
if mark ~= ARGV[4] then return 'older' end
local epoch, sequence = tonumber(ARGV[1]), tonumber(ARGV[2])
local old_epoch, old_sequence = string.match(last or '', '(%d+) (%d+)')
if old_epoch then
  old_epoch = tonumber(old_epoch)
  if epoch < old_epoch or (epoch == old_epoch and sequence <= tonumber(old_sequence)) then return 'older' end
end
local old = redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
if old[1] and (old[1] ~= ARGV[5] or old[2] ~= ARGV[6]) then return 'changed' end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'sequence', ARGV[2], 'result', ARGV[7], 'state', ARGV[8])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HSET', KEYS[2], KEYS[1], ARGV[1] .. ' ' .. ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 'written'
