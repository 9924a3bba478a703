-- Say that there are viewers for some variants of a camera, for a while. The variant without options has a place always, the
-- others as many as there are: each costs the workers an encoding a frame.
-- KEYS: wanted, watched    ARGV: now, for how many s, places, variant without options, variant, variant, …
-- Returns those that have a place.
local now = tonumber(time_of(ARGV[1]))
local until_when = string.format('%.6f', now + ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. until_when, '+inf') -- of a time before the server's clock was put back
local places = ARGV[3] - redis.call('ZCARD', KEYS[1]) - 1
if redis.call('ZSCORE', KEYS[1], ARGV[4]) then places = places + 1 end
local made = {}
for i = 5, #ARGV do
  local standard, there = ARGV[i] == ARGV[4], redis.call('ZSCORE', KEYS[1], ARGV[i])
  if standard or there or places > 0 then
    if not standard and not there then places = places - 1 end
    redis.call('ZADD', KEYS[1], until_when, ARGV[i])
    table.insert(made, ARGV[i])
    if standard then redis.call('SET', KEYS[2], 1, 'PX', math.floor(1000 * ARGV[2])) end
  end
end
redis.call('PEXPIRE', KEYS[1], math.floor(1000 * ARGV[2]))
return made
