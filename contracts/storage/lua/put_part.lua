-- Store some images of a job ahead of its record; without one they expire. Once there is a record all images are there: a
-- part that was sent twice, and comes late, changes nothing; nor if the job has been refused, or erased.
-- KEYS: record, images, note of a refusal    ARGV: TTL in s, then index and image in turn
if redis.call('EXISTS', KEYS[1], KEYS[3]) > 0 then return 0 end
redis.call('HSET', KEYS[2], unpack(ARGV, 2))
redis.call('EXPIRE', KEYS[2], ARGV[1])
return 1
