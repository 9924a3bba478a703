-- Put before keep_annotated.lua and erase.lua: a job's annotated images are gone, and count no more.
-- KEYS: those that it is given, as keep_annotated.lua names them
local function forget_annotated(until_key, bytes_key, id)
  local bytes = redis.call('HGET', bytes_key, id) or 0
  local account = redis.call('HGET', bytes_key, id .. ':account')
  local function less(field)
    if redis.call('HINCRBY', bytes_key, field, -bytes) <= 0 then redis.call('HDEL', bytes_key, field) end
  end
  less('total')
  if account then less('account:' .. account) end
  redis.call('HDEL', bytes_key, id, id .. ':account')
  redis.call('ZREM', until_key, id)
end
