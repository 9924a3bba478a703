-- Write a camera's analysis and the state of its tracker, and announce it, if it is the newest, and only on top of that state with which it was
-- made. Of two analyses that began with the same state, both would give the next identity, to two faces.
-- The identity that is given next is kept for longer than the state, so that none is given twice in an epoch.
-- KEYS: as newest.lua, next identity
-- ARGV: epoch, sequence, TTL in ms, mark that the frame was taken with, epoch and sequence of the state that it was made with ('' for
--       none), result, state, next identity, its TTL in s, channel
-- Returns written | older (than what is there, or was, or the mark has been forgotten) | changed (the state: to be made again)
if not is_newer(ARGV[4], ARGV[1], ARGV[2]) then return 'older' end
local old = redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
if old[1] and (old[1] ~= ARGV[5] or old[2] ~= ARGV[6]) then return 'changed' end
put(KEYS[1], ARGV[1], ARGV[2], ARGV[3], 'result', ARGV[7], 'state', ARGV[8])
redis.call('SET', KEYS[3], ARGV[1] .. ' ' .. ARGV[9], 'EX', ARGV[10])
redis.call('PUBLISH', ARGV[11], ARGV[2])
return 'written'
