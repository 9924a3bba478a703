-- Hold a camera's name for its sender for a while, or hold it on.
-- KEYS: sender    ARGV: who, for how many ms
-- Returns 1 if it is the sender's now.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
