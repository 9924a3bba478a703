-- See to it that a job whose client is refused is not stored later: create.lua is sent twice where the driver got no answer,
-- and one of these calls may be on its way still, or have been carried out.
-- KEYS: record, note of the refusal    ARGV: TTL of the note in s
-- Returns what create.lua answered, or would have.
if redis.call('EXISTS', KEYS[1]) == 1 then return found(KEYS[1]) end
redis.call('SET', KEYS[2], '', 'EX', ARGV[1])
return {'refused'}
