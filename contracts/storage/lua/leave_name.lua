-- Give a camera's name back, if it is still this sender's.
-- KEYS: sender    ARGV: who
-- Returns 1 if it was.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
