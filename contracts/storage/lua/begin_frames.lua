-- Where a capture that begins goes on counting: at the milliseconds since 1970, by the server's clock, or behind the newest
-- frame of the last hour, so that no sequence goes back, also when the server is empty or its clock has been put back.
-- KEYS: newest stamp    ARGV: now    Returns the number.
local now = math.floor(1000 * time_of(ARGV[1]))
local epoch, sequence = string.match(redis.call('GET', KEYS[1]) or '', '(%d+) (%d+)')
if epoch then now = math.max(now, epoch + 1, sequence + 1) end
return now
