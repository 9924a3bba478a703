-- Which variants of a camera are wanted now, and when the next picture of each is due. Gateways of versions before this one say
-- only that the camera is watched.
-- KEYS: wanted, watched, view without options, as the others' begin    ARGV: now, variant without options
-- Returns variant, due, variant, due, …; 0: before the first one.
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. time_of(ARGV[1]), '+inf')
local standard, answer = false, {}
for _, variant in ipairs(found) do standard = standard or variant == ARGV[2] end
if not standard and redis.call('EXISTS', KEYS[2]) == 1 then table.insert(found, ARGV[2]) end
for _, variant in ipairs(found) do
  table.insert(answer, variant)
  local view = KEYS[3]
  if variant ~= ARGV[2] then view = view .. ':' .. variant end
  table.insert(answer, redis.call('HGET', view, 'due') or '0')
end
return answer
