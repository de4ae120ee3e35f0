-- Ends a lease of a process that has ended: what it held is due, and counts as
-- claimed before.
-- KEYS  jobs, head, queue, what a snapshot has to read again
-- ARGV  lane, now, the fence that was found
-- Returns something; or 'wait' while the shard takes nothing
if redis.call('EXISTS', KEYS[4]) == 1 then
	if redis.call('SISMEMBER', KEYS[4], 'wait') == 1 then return { 'wait' } end
	redis.call('SADD', KEYS[4], KEYS[1])
end
if redis.call('HGET', KEYS[2], 'fence') == ARGV[3] then
	redis.call('HDEL', KEYS[2], 'fence', 'by')
	redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
end
return { 'ok' }
