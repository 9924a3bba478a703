-- Take the message that is next in a queue, if it is of a job of one image that no worker has begun.
-- Returns the job's id, or nothing.
-- KEYS: queue    ARGV: record prefix
local read, message = pcall(cjson.decode, redis.call('LINDEX', KEYS[1], -1) or '')
local headers = read and type(message) == 'table' and message.headers
local id = type(headers) == 'table' and headers.argsrepr
if type(id) ~= 'string' then return false end
local record = redis.call('HMGET', ARGV[1] .. id, 'state', 'image_count', 'attempts')
if record[1] ~= 'queued' or record[2] ~= '1' or tonumber(record[3] or 0) ~= 0 then return false end
redis.call('RPOP', KEYS[1])
return id
