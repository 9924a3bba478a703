-- Put first: the time, a job's record as a table, and a change of the load by several fields in two commands.
-- KEYS: those that it is given
local function time_of(given) -- the server's, which all hosts share, unless a test gives another
  if given ~= '' then return given end
  local now = redis.call('TIME')
  return string.format('%d.%06d', now[1], now[2])
end

local function table_of(flat)
  local fields = {}
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function record_of(key)
  return table_of(redis.call('HGETALL', key))
end

local function change_load(key, amounts) -- field → what is added; a field that has nothing left goes
  local fields, kept, gone = {}, {}, {}
  for field in pairs(amounts) do fields[#fields + 1] = field end
  for i, value in ipairs(redis.call('HMGET', key, unpack(fields))) do
    local sum = (tonumber(value) or 0) + amounts[fields[i]]
    if sum > 0 then
      kept[#kept + 1] = fields[i]
      kept[#kept + 1] = string.format('%.0f', sum)
    else
      gone[#gone + 1] = fields[i]
    end
  end
  if #kept > 0 then redis.call('HSET', key, unpack(kept)) end
  if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
end

local function load_of(queue, account, images, bytes, pixels, sign) -- of a job, but for what waits
  return {
    bytes = sign * bytes,
    [queue .. ':bytes'] = sign * bytes,
    [queue .. ':pixels'] = sign * pixels,
    [queue .. ':' .. account] = sign * images,
    [account .. ':bytes'] = sign * bytes,
  }
end
