-- Make a frame its camera's newest one, and announce it, unless it is older than the newest that there is, or was within the
-- last hour. When it was taken is noted by the server's clock, as what was so long ago.
-- KEYS: frame, newest stamp, cameras
-- ARGV: camera ('' for one that is in no list), epoch, sequence, how many s ago it was taken, now, TTL of the frame in ms, of the stamp in s, channel, JPEG,
-- options
-- Returns 1 if written, also if it is sent again because the answer to the first time was lost.
local epoch, sequence = tonumber(ARGV[2]), tonumber(ARGV[3])
local old_epoch, old_sequence = string.match(redis.call('GET', KEYS[2]) or '', '(%d+) (%d+)')
if old_epoch then
  old_epoch = tonumber(old_epoch)
  if epoch < old_epoch or (epoch == old_epoch and sequence < tonumber(old_sequence)) then return 0 end
  if epoch == old_epoch and sequence == tonumber(old_sequence) then return 1 end
end
local taken_at = string.format('%.6f', time_of(ARGV[5]) - ARGV[4])
redis.call('HSET', KEYS[1], 'epoch', ARGV[2], 'sequence', ARGV[3], 'captured_at', taken_at, 'jpeg', ARGV[9],
  'options', ARGV[10])
redis.call('PEXPIRE', KEYS[1], ARGV[6])
redis.call('SET', KEYS[2], ARGV[2] .. ' ' .. ARGV[3], 'EX', ARGV[7])
if ARGV[1] ~= '' then redis.call('ZADD', KEYS[3], taken_at, ARGV[1]) end
redis.call('PUBLISH', ARGV[8], ARGV[3])
return 1
