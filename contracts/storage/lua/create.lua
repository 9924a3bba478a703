-- Store a new job with (the last part of) its images, count it, put it into its queue and see to it that a message says so:
-- all or nothing, and refused when memory is full. Sent again, because the answer to the first time was lost, it changes
-- nothing. finalize.lua takes all of it away again, attempt.lua what waits.
-- It may come late. Nothing is stored any more if the client has been refused meanwhile, if operators have had jobs refused
-- since the gateway looked (whoever drains the system is told when all jobs have ended, and none may come after that), if the idempotency key has been
-- released, and may stand for another job, or if images that went ahead are gone.
-- KEYS: record, images, open jobs, load, queue's jobs, queue's messages, note of a refusal, lanes, with an idempotency
--       key also the job's note of it
-- ARGV: id, queue, account of the client, images, bytes, pixels, now, after how many s to look at it again, after how many s
--       its deadline is ('' for none), message, fields of the record and their values (how many in all), these, fields of the
--       images and their values
-- Returns {'stored', when it was accepted, its deadline or false} or {refused | drained | released | incomplete}
if redis.call('EXISTS', KEYS[1]) == 1 then return found(KEYS[1]) end
if redis.call('EXISTS', KEYS[7]) == 1 then return {'refused'} end
if redis.call('HEXISTS', KEYS[8], 'drained') == 1 then return {'drained'} end
if KEYS[9] and redis.call('EXISTS', KEYS[9]) == 0 then return {'released'} end
local id, queue, account, images, bytes, pixels, now, look_after_s, deadline_s, message, count = unpack(ARGV, 1, 11)
local last = #ARGV - 11 - count
if last > 0 and last < 2 * images and redis.call('HLEN', KEYS[2]) < images - last / 2 then return {'incomplete'} end
now = time_of(now)
local deadline_at = deadline_s ~= '' and string.format('%.6f', now + deadline_s)
local amounts = load_of(queue, account, images, bytes, pixels, 1)
amounts[queue .. ':waiting'] = images
change_load(KEYS[4], amounts)
redis.call('HSET', KEYS[1], unpack(ARGV, 12, 11 + count))
redis.call('HSET', KEYS[1], 'created_at', now)
if deadline_at then redis.call('HSET', KEYS[1], 'deadline_at', deadline_at) end
if last > 0 then redis.call('HSET', KEYS[2], unpack(ARGV, 12 + count)) end
if last < 2 * images then redis.call('PERSIST', KEYS[2]) end -- the first ones were stored before, and would expire
redis.call('ZADD', KEYS[3], now + look_after_s, id)
redis.call('ZADD', KEYS[5], now, id)
if redis.call('LLEN', KEYS[6]) == 0 then redis.call('LPUSH', KEYS[6], message) end
return {'stored', now, deadline_at}
