-- Notes that what was removed up to a count is gone from the files.
-- KEYS  count
-- ARGV  the count seen before the files were written anew
-- Returns 1, or 0 if more was removed since
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
