-- Note what a worker says of itself, also when memory is full: one that works is not to count as dead.
-- KEYS: workers    ARGV: name, report (JSON)
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
