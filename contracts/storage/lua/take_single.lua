-- Take the first message of a queue that is of a job of one image which no worker has begun; larger jobs stay in order.
-- Only the messages that are next are looked at: the step stays short, however long the queue is.
-- Returns the job's id, or nothing.
-- KEYS: queue    ARGV: record prefix, how many messages to look at
local next_first = redis.call('LRANGE', KEYS[1], -tonumber(ARGV[2]), -1)
for i = #next_first, 1, -1 do -- Celery takes from the right
  local read, message = pcall(cjson.decode, next_first[i])
  local headers = read and type(message) == 'table' and message.headers
  local id = type(headers) == 'table' and headers.argsrepr
  if type(id) == 'string' then
    local record = redis.call('HMGET', ARGV[1] .. id, 'state', 'image_count', 'attempts')
    if record[1] == 'queued' and record[2] == '1' and tonumber(record[3] or 0) == 0 then
      redis.call('LREM', KEYS[1], -1, next_first[i]) -- no other is the same: each has a tag of its own
      return id
    end
  end
end
return false
