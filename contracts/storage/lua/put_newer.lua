-- Write what came of a frame, if it is the newest, and announce it.
-- KEYS: as newest.lua
-- ARGV: epoch, sequence, TTL in ms, channel, mark that the frame was taken with, field, value, field, value, …
-- Returns 1 if written.
if not is_newer(ARGV[5], ARGV[1], ARGV[2]) then return 0 end
put(ARGV[1], ARGV[2], ARGV[3], unpack(ARGV, 6))
redis.call('PUBLISH', ARGV[4], ARGV[2])
return 1
