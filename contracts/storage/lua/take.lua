-- Take a camera's newest frame for analysis: once, and only for a request that still stands.
-- What has been taken has a mark, a new one whenever the server has forgotten it: results of frames that were taken before
-- are refused (put_views.lua), as what viewers have seen since is forgotten as well.
-- KEYS: frame, taken, requests    ARGV: request, now, TTL of taken in ms, a new mark
-- Returns epoch, sequence, time and JPEG of the frame, the mark and the frame's options; nothing if there is none to take.
if tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0) < tonumber(time_of(ARGV[2])) then return false end
local frame = redis.call('HMGET', KEYS[1], 'epoch', 'sequence', 'captured_at')
if not frame[1] then return false end
local taken = redis.call('HMGET', KEYS[2], 'epoch', 'sequence')
local epoch, taken_epoch = tonumber(frame[1]), tonumber(taken[1] or 0)
if epoch < taken_epoch or (epoch == taken_epoch and tonumber(frame[2]) <= tonumber(taken[2])) then return false end
redis.call('HSET', KEYS[2], 'epoch', frame[1], 'sequence', frame[2])
redis.call('HSETNX', KEYS[2], 'mark', ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local more = redis.call('HMGET', KEYS[1], 'jpeg', 'options')
return {frame[1], frame[2], frame[3], more[1], redis.call('HGET', KEYS[2], 'mark'), more[2]}
