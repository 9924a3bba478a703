-- Find out whether a job is stored, so that a caller may wait until that is safe.
-- KEYS: record    Returns as create.lua, or nothing if it is not
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
return found(KEYS[1])
