-- Write the views that show a frame, all in one step, if it is the newest that any view shows, and announce them.
-- KEYS: as newest.lua, which takes the view without options, also where that is not among them; then each view's
-- ARGV: epoch, sequence, TTL in ms, channel, mark that the frame was taken with, announcement, how many values a view has; these
-- values, field, value, field, value, …, of one view after the other
-- Returns 1 if written.
if not is_newer(ARGV[5], ARGV[1], ARGV[2]) then return 0 end
local size = tonumber(ARGV[7])
for i = 3, #KEYS do
  local from = 8 + (i - 3) * size
  put(KEYS[i], ARGV[1], ARGV[2], ARGV[3], unpack(ARGV, from, from + size - 1))
end
redis.call('PUBLISH', ARGV[4], ARGV[6])
return 1
