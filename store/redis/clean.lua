-- Notes that what was removed up to a count is gone from the files.
-- KEYS  count
-- ARGV  the count seen before the files were written anew
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
