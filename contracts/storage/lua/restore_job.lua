-- Put a job of a backup into the server, whose images were put there before, as create.lua and finalize.lua would have left it:
-- in its queue, counted, with its idempotency key; or kept for as long as it would have been, with its webhook.
-- A job that is there already stays as it is, and one that was erased since the backup does not come back; nor one that this
-- backup has brought back before: a restore that is begun anew would have it analysed and its webhook sent again. Sent again, because
-- the answer to the first time was lost, it changes nothing.
-- A running job is queued again, and the attempt that it was in does not count: it did not fail. One that was begun is for a
-- process of its own, as overdue.lua has it.
-- KEYS: record, images, open jobs, load, queue's jobs, queue's messages, webhooks due, webhook, webhooks dead, annotated
--   images, when these expire, their bytes, note of the idempotency key, idempotency key, erased, erasures, parts restored
-- ARGV: id, hash of the id, now, after how many s to look at it again, when the record expires in ms ('' never), when annotated
--   images do, value of the idempotency key, when it expires in ms, attempts of the webhook, when that is due, dead letter,
--   TTL of the webhook's hash in s, message, TTL of the parts restored in s, fields and values of the record
-- Returns stored | exists | erased | expired | incomplete
local BEGUN = -1e11
local id, hash, now, look_after_s, expires_at, annotated_until, once, once_until, attempts, due_at, dead, kept_s, message, noted_s =
  unpack(ARGV, 1, 14)
now = tonumber(time_of(now))

local function nothing(verdict)
  if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('UNLINK', KEYS[2], KEYS[10]) end
  return verdict
end

if redis.call('ZSCORE', KEYS[15], hash) then return nothing('erased') end
if redis.call('EXISTS', KEYS[1]) == 1 or redis.call('SISMEMBER', KEYS[17], hash) == 1 then return nothing('exists') end
if expires_at ~= '' and tonumber(expires_at) <= 1000 * now then return nothing('expired') end
local record = table_of({unpack(ARGV, 15)})
local images, size = tonumber(record.image_count) or 0, tonumber(record.bytes) or 0
local open = record.state == 'queued' or record.state == 'running'
if open and redis.call('HLEN', KEYS[2]) < images then return nothing('incomplete') end

redis.call('SADD', KEYS[17], hash)
redis.call('EXPIRE', KEYS[17], noted_s)
redis.call('HSET', KEYS[1], unpack(ARGV, 15))
if once ~= '' and tonumber(once_until) > 1000 * now then
  if redis.call('SET', KEYS[14], once, 'NX', 'PXAT', once_until) then
    redis.call('SET', KEYS[13], KEYS[14], 'PXAT', once_until)
  end
end
if open then
  local begun = tonumber(record.attempts) or 0
  if record.state == 'running' then
    begun = math.max(0, begun - 1)
    redis.call('HSET', KEYS[1], 'state', 'queued', 'owner', '', 'attempts', begun)
  end
  redis.call('PERSIST', KEYS[2])
  redis.call('UNLINK', KEYS[10])
  local amounts = load_of(record.queue, record.account or '', images, size, tonumber(record.pixels) or 0, 1)
  amounts[record.queue .. ':waiting'] = images
  change_load(KEYS[4], amounts)
  redis.call('ZADD', KEYS[3], now + look_after_s, id)
  redis.call('ZADD', KEYS[5], string.format('%.6f', (tonumber(record.created_at) or now) + (begun > 0 and BEGUN or 0)), id)
  if redis.call('LLEN', KEYS[6]) == 0 then redis.call('LPUSH', KEYS[6], message) end
  return 'stored'
end

if expires_at == '' then expires_at = string.format('%.0f', 1000 * (now + kept_s)) end
redis.call('UNLINK', KEYS[2])
local minute = 60 * math.ceil((tonumber(expires_at) / 1000 + 5) / 60)
redis.call('PEXPIREAT', KEYS[1], expires_at)
redis.call('ZADD', KEYS[16], minute, minute)
if annotated_until ~= '' and tonumber(annotated_until) > 1000 * now and redis.call('EXISTS', KEYS[10]) == 1 then
  local bytes = 0
  for _, image in ipairs(redis.call('HVALS', KEYS[10])) do bytes = bytes + #image end
  redis.call('PEXPIREAT', KEYS[10], annotated_until)
  redis.call('ZADD', KEYS[11], string.format('%.6f', annotated_until / 1000), id)
  redis.call('HSET', KEYS[12], id, bytes)
  redis.call('HINCRBY', KEYS[12], 'total', bytes)
  if record.account then
    redis.call('HSET', KEYS[12], id .. ':account', record.account)
    redis.call('HINCRBY', KEYS[12], 'account:' .. record.account, bytes)
  end
else
  redis.call('UNLINK', KEYS[10])
end
if due_at ~= '' then
  redis.call('ZADD', KEYS[7], due_at, id)
  if tonumber(attempts) > 0 then
    redis.call('HSET', KEYS[8], 'attempts', attempts)
    redis.call('EXPIRE', KEYS[8], kept_s)
  end
elseif dead ~= '' then
  redis.call('HSET', KEYS[9], id, dead)
end
return 'stored'
