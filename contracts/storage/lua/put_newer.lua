-- Write a hash only if its (epoch, sequence) is newer than what stands there: an older result never wins.
-- KEYS: hash    ARGV: epoch, sequence, TTL in ms, channel or '', field, value, field, value, …     Returns 1 if written.
local old = redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
local epoch, sequence = tonumber(ARGV[1]), tonumber(ARGV[2])
if old[1] then
  local old_epoch = tonumber(old[1])
  if epoch < old_epoch or (epoch == old_epoch and sequence <= tonumber(old[2])) then return 0 end
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'sequence', ARGV[2], unpack(ARGV, 5))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if ARGV[4] ~= '' then redis.call('PUBLISH', ARGV[4], ARGV[2]) end
return 1
