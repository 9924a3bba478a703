-- Tell of the oldest jobs of each queue since when they wait, and of which version their records are. Nothing is written, so
-- that it is told also by a server that takes no writes.
-- Jobs below zero wait for processes of their own, and are passed over. A record that is none counts as of version 0: any
-- worker clears it away.
-- Returns for each queue {accepted, version, accepted, version, …}, the oldest first.
-- KEYS: jobs of each queue    ARGV: record prefix, jobs of a queue at most
local answer = {}
for i, queue in ipairs(KEYS) do
  local oldest, told = redis.call('ZRANGEBYSCORE', queue, 0, '+inf', 'WITHSCORES', 'LIMIT', 0, tonumber(ARGV[2])), {}
  for j = 1, #oldest, 2 do
    local version = redis.pcall('HGET', ARGV[1] .. oldest[j], 'version')
    told[j], told[j + 1] = oldest[j + 1], type(version) == 'string' and tonumber(version) or 0
  end
  answer[i] = told
end
return answer
