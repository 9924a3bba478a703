-- Claim a job for one worker.
-- KEYS: as finalize.lua
-- ARGV: id, then as attempt.lua has them
return attempt(ARGV[1], claimant(2), KEYS[1], KEYS[2])
