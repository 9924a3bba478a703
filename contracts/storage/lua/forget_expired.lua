-- Annotated images that have expired count no more.
-- KEYS: when those of each job expire, their bytes, as keep_annotated.lua names them    ARGV: now
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', time_of(ARGV[1]))) do forget_annotated(KEYS[1], KEYS[2], id) end
return 0
