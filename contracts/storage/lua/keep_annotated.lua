-- Keep an annotated image of a job, within a limit of bytes for those of all jobs; what has expired counts no more.
-- The job has to be running and its owner's: what has ended may have been erased, and nothing would erase this again.
-- A client has a share of the limit. It may have more as long as one share stays free for another client.
-- KEYS: annotated images, when those of each job expire, their bytes by job ('total': of all; 'account:…': of a
--   client; '…:account': the client of a job), record of the job
-- ARGV: id, index, JPEG, now, TTL in s, limit, a client's share of it in bytes,
--   owner
-- Returns 1 if the image is kept.
local now = time_of(ARGV[4])
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do forget_annotated(KEYS[2], KEYS[3], id) end
local record = redis.call('HMGET', KEYS[4], 'state', 'owner', 'account')
if record[1] ~= 'running' or record[2] ~= ARGV[8] then return 0 end
local limit, share = tonumber(ARGV[6]), tonumber(ARGV[7])
local more = #ARGV[3] - redis.call('HSTRLEN', KEYS[1], ARGV[2]) -- of a job that is tried again
local account = record[3]
local total = tonumber(redis.call('HGET', KEYS[3], 'total') or 0) + more
local own = account and tonumber(redis.call('HGET', KEYS[3], 'account:' .. account) or 0) + more or 0
if total > limit or (own > share and total > limit - share) then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('ZADD', KEYS[2], now + ARGV[5], ARGV[1])
redis.call('HINCRBY', KEYS[3], ARGV[1], more)
redis.call('HINCRBY', KEYS[3], 'total', more)
if account then
  redis.call('HSET', KEYS[3], ARGV[1] .. ':account', account)
  redis.call('HINCRBY', KEYS[3], 'account:' .. account, more)
end
return 1
