-- Count a new job, once: in the transaction that stores its record, before it. Sent again, because the answer to the first
-- time was lost, it finds the record and counts nothing. finalize.lua takes it all away again, claim.lua what waits.
-- KEYS: record, bytes of open jobs, load    ARGV: queue, account of the client, images, bytes, pixels
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local queue, account, images, bytes, pixels = unpack(ARGV)
redis.call('INCRBY', KEYS[2], bytes)
redis.call('HINCRBY', KEYS[3], queue .. ':waiting', images)
redis.call('HINCRBY', KEYS[3], queue .. ':bytes', bytes)
redis.call('HINCRBY', KEYS[3], queue .. ':pixels', pixels)
redis.call('HINCRBY', KEYS[3], queue .. ':' .. account, images)
redis.call('HINCRBY', KEYS[3], account .. ':bytes', bytes)
return 1
