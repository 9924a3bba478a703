#!lua flags=allow-oom
-- After each call: what has changed, and which of the invariants that hold between any two steps does not.
-- Times to live are taken over into the simulated clock: a key that expires gets one of a thousand days, and a note when
-- it really goes.
-- Returns {complaints, id, before, after, id, before, after, …}; before and after are JSON, or empty.
local FOREVER_MS = 86400000000
local clock = redis.call('HMGET', 'simulation:clock', 'seconds', 'microseconds')
local now = clock[1] + clock[2] / 1e6
local complaints, changes = {}, {}

local records, images = {}, {}
for _, key in ipairs(redis.call('KEYS', 'mien:*')) do
  local left = redis.call('PTTL', key)
  if left == -1 then
    redis.call('ZREM', 'simulation:expiry', key)
  elseif left < FOREVER_MS / 2 then
    redis.call('ZADD', 'simulation:expiry', now + math.floor(left / 1000 + 0.5), key)
    redis.call('PEXPIRE', key, FOREVER_MS)
  end
  local id = string.match(key, '^mien:job:([%w_-]+)$')
  if id then records[#records + 1] = id end
  id = string.match(key, '^mien:job:([%w_-]+):images$')
  if id then images[id] = true end
end

local function complain(...) complaints[#complaints + 1] = table.concat({...}, ' ') end

local expected, drawings, open, known = {}, {}, 0, {}
local function count(field, amount) expected[field] = (expected[field] or 0) + amount end
local function count_drawn(field, amount) drawings[field] = (drawings[field] or 0) + amount end
for _, id in ipairs(records) do
  known[id] = true
  local key = 'mien:job:' .. id
  local f = redis.call('HMGET', key, 'state', 'owner', 'attempts', 'queue', 'image_count', 'bytes', 'pixels', 'account',
                       'finished_at', 'items', 'error', 'options', 'webhook')
  local state, queue, count_of_images = f[1], f[4], tonumber(f[5]) or 0
  local is_open = state == 'queued' or state == 'running'
  local due, place = redis.call('ZSCORE', 'mien:jobs:open', id), redis.call('ZSCORE', 'mien:queued:' .. (queue or ''), id)
  if not state then
    complain(id, 'has a record without a state')
  elseif is_open then
    open = open + 1
    count('bytes', f[6])
    count(queue .. ':bytes', f[6])
    count(queue .. ':pixels', f[7])
    count(queue .. ':' .. f[8], count_of_images)
    count(f[8] .. ':bytes', f[6])
    if state == 'queued' then count(queue .. ':waiting', count_of_images) end
    if not due then complain(id, state, 'is not among the open jobs: no reconciler looks at it') end
    if redis.call('HLEN', key .. ':images') ~= count_of_images then complain(id, state, 'has not all of its images') end
    if redis.call('PTTL', key .. ':images') ~= -1 then complain(id, state, 'has images that expire') end
    if redis.call('PTTL', key) ~= -1 then complain(id, state, 'has a record that expires') end
    if state == 'running' and place then complain(id, 'is running, and in its queue') end
  else
    if due then complain(id, state, 'is among the open jobs') end
    if place then complain(id, state, 'is in its queue') end
    if redis.call('PTTL', key) == -1 then complain(id, state, 'has a record that stays for ever') end
  end
  local place_of_webhook = (redis.call('ZSCORE', 'mien:webhooks:due', id) and 'due' or '') ..
                           (redis.call('HEXISTS', 'mien:webhooks:dead', id) == 1 and 'dead' or '')
  if place_of_webhook ~= '' and not f[13] then complain(id, 'has no webhook, and one is', place_of_webhook) end
  local drawn = 0
  for _, jpeg in ipairs(redis.call('HVALS', key .. ':annotated')) do drawn = drawn + #jpeg end
  if drawn > 0 then
    count_drawn('total', drawn)
    count_drawn('account:' .. f[8], drawn)
    count_drawn(id, drawn)
  end
  local after = cjson.encode({webhook = f[13] and place_of_webhook or false,state = state, owner = f[2] or '', attempts = tonumber(f[3]) or 0, due = due or '',
                              finished_at = f[9] or '', items = f[10] or '', error = f[11] or '', options = f[12] or ''})
  local before = redis.call('HGET', 'simulation:seen', id) or ''
  if before ~= after then
    redis.call('HSET', 'simulation:seen', id, after)
    changes[#changes + 1] = id
    changes[#changes + 1] = before
    changes[#changes + 1] = after
  end
end
for _, id in ipairs(redis.call('HKEYS', 'simulation:seen')) do
  if not known[id] then
    changes[#changes + 1] = id
    changes[#changes + 1] = redis.call('HGET', 'simulation:seen', id)
    changes[#changes + 1] = ''
    redis.call('HDEL', 'simulation:seen', id)
  end
end

for _, id in ipairs(redis.call('ZRANGE', 'mien:jobs:open', 0, -1)) do
  if not known[id] then complain(id, 'is among the open jobs, without a record') end
end
local load = redis.call('HGETALL', 'mien:jobs:load')
for i = 1, #load, 2 do
  if tonumber(load[i + 1]) ~= (expected[load[i]] or 0) then
    complain('load', load[i], 'is', load[i + 1], 'and should be', expected[load[i]] or 0)
  end
  expected[load[i]] = nil
end
for field, amount in pairs(expected) do
  if amount ~= 0 then complain('load', field, 'is missing and should be', amount) end
end
local kept = redis.call('HGETALL', 'mien:annotated:bytes')
for i = 1, #kept, 2 do
  local field = kept[i]
  if not string.find(field, ':account$') then
    if tonumber(kept[i + 1]) ~= (drawings[field] or 0) then
      complain('bytes of annotated images', field, 'are', kept[i + 1], 'and should be', drawings[field] or 0)
    end
    drawings[field] = nil
  end
end
for field, amount in pairs(drawings) do complain('bytes of annotated images', field, 'are missing, and should be', amount) end
return {complaints, unpack(changes)}
