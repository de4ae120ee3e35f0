-- Applies a batch once, however often it is asked to: all of it, or nothing.
-- KEYS[1] what became of the batches that came before under the same slot
-- KEYS[2] what a snapshot has to read again, if one is being taken
-- KEYS    every other key of the batch; operations name them by their place
-- ARGV[1] the slot: its batches come one after the other
-- ARGV[2] the number of the batch: higher with each
-- ARGV[3] 1 if it was sent before and nobody knows what became of it
-- ARGV[4] where among ARGV the operations end that can fail
-- ARGV[5] the life of the process, to which its leases belong
-- ARGV    operations, one after the other, each a name and its arguments; first
-- those that can fail: idle, done, put, once
-- Returns 'ok', 1 if its fenced jobs are leased, 1 if a lane that was rung is
-- due, and, if its last "done" goes on, the attempts and jobs that follow;
-- or 'stale' or 'seen'; or 'late' if the slot has gone on; or 'wait' while the
-- shard takes nothing.
--
-- It is one long loop without functions of its own, and adds 0 to make a number:
-- a server does nothing else while it runs, and what is made here is made anew
-- for every batch. Three fifths of the time went into that.
local KEYS, ARGV, call = KEYS, ARGV, redis.call
local copying = call('EXISTS', KEYS[2]) == 1
if copying and call('SISMEMBER', KEYS[2], 'wait') == 1 then return { 'wait' } end

-- A slot holds the number of its last batch and, in the last digit, its fate:
-- 0 to 3 for what was applied, with 2 if held and 1 if rang; 4 stale, 5 seen.
local slot, number = ARGV[1], ARGV[2]
local held, rang, out = 0, 0, nil
local was, again = call('HGET', KEYS[1], slot), false
if was then
	local before, fate = string.sub(was, 1, -2), string.sub(was, -1) + 0
	if before == number then
		if fate == 4 then return { 'stale' } end
		if fate == 5 then return { 'seen' } end
		held, rang, again = (fate - fate % 2) / 2, fate % 2, true
	elseif before + 0 > number + 0 then
		return { 'late' }
	end
end

local i, last, n, fate = 6, ARGV[4] + 0, #ARGV, nil
while i <= last and not again do
	local op, k = ARGV[i], KEYS[ARGV[i + 1] + 0]
	if op == 'put' then
		if (call('HGET', k, 'version') or '0') ~= ARGV[i + 2] then fate = 'stale' end
		i = i + 4
	elseif op == 'once' then
		if i + 3 > last then -- nothing can fail any more but this
			if not call('SET', k, 1, 'EX', ARGV[i + 2], 'NX') then fate = 'seen' end
		elseif call('EXISTS', k) == 1 then
			fate = 'seen'
		end
		i = i + 3
	elseif op == 'done' then
		if call('HGET', KEYS[ARGV[i + 2] + 0], 'fence') ~= ARGV[i + 5] then fate = 'stale' end
		i = i + 9
	else -- idle
		if call('EXISTS', k) == 1 then fate = 'stale' end
		i = i + 2
	end
	if fate then
		if ARGV[3] == '1' then -- what was sent first must change nothing any more
			call('HSET', KEYS[1], slot, number .. (fate == 'stale' and 4 or 5))
		end
		return { fate }
	end
end

i = 6
while i <= n do
	local op, k = ARGV[i], KEYS[ARGV[i + 1] + 0]
	local changed = k -- what a snapshot may have read
	if again and op ~= 'done' then
		-- What was applied before only says again which lease goes on.
		if i > last then break end
		i = i + (op == 'put' and 4 or op == 'once' and 3 or 2)
	elseif op == 'put' then
		if ARGV[i + 3] == '' then
			call('DEL', k)
		else
			call('HSET', k, 'version', ARGV[i + 2] + 1, 'body', ARGV[i + 3])
		end
		i = i + 4
	elseif op == 'once' then
		if i + 3 <= last then call('SET', k, 1, 'EX', ARGV[i + 2]) end
		i = i + 3
	elseif op == 'append' then
		call('RPUSH', k, ARGV[i + 2])
		i = i + 3
	elseif op == 'index' then
		call('ZADD', k, ARGV[i + 2], ARGV[i + 3])
		changed = copying and k .. '\0' .. ARGV[i + 3]
		i = i + 4
	elseif op == 'unindex' then
		call('ZREM', k, ARGV[i + 2])
		changed = copying and k .. '\0' .. ARGV[i + 2]
		i = i + 3
	elseif op == 'job' then -- jobs, head, queue, lane, due, fence, till, body
		local h, fence = KEYS[ARGV[i + 2] + 0], ARGV[i + 6]
		if call('RPUSH', k, ARGV[i + 8]) > 1 then
			if fence ~= '0' and call('HGET', h, 'fence') == fence then held = 1 end
		elseif fence == '0' then
			call('ZADD', KEYS[ARGV[i + 3] + 0], ARGV[i + 5], ARGV[i + 4])
		else
			call('HSET', h, 'fence', fence, 'by', ARGV[5], 'attempts', 1)
			call('ZADD', KEYS[ARGV[i + 3] + 0], ARGV[i + 7], ARGV[i + 4])
			held = 1
		end
		i = i + 9
	elseif op == 'done' then -- jobs, head, queue, lane, fence, n, due, hold
		local h, first, hold = KEYS[ARGV[i + 2] + 0], ARGV[i + 6], ARGV[i + 8]
		out = nil
		if again then -- a lease that was lost since is nobody's
			if hold ~= '0' and call('HGET', h, 'fence') == ARGV[i + 5] then
				out = call('LRANGE', k, 0, hold - 1)
				table.insert(out, 1, (call('HGET', h, 'attempts') or 1) + 0)
			end
			changed = nil
		else
			out = call('LRANGE', k, first, first + (hold == '0' and 0 or hold - 1))
			if #out == 0 then
				out = nil
				call('DEL', k, h)
				call('ZREM', KEYS[ARGV[i + 3] + 0], ARGV[i + 4])
			else
				if first ~= '0' then call('LTRIM', k, first, -1) end
				call('ZADD', KEYS[ARGV[i + 3] + 0], ARGV[i + 7], ARGV[i + 4])
				if hold == '0' then
					out = nil
					call('HDEL', h, 'fence', 'by')
					if first ~= '0' then call('HDEL', h, 'attempts') end
				elseif first == '0' then
					table.insert(out, 1, call('HINCRBY', h, 'attempts', 1))
				else
					call('HSET', h, 'attempts', 1)
					table.insert(out, 1, 1)
				end
			end
		end
		i = i + 9
	elseif op == 'add' then
		call('HINCRBY', k, ARGV[i + 2], ARGV[i + 3])
		changed = nil -- counters are read last
		i = i + 4
	elseif op == 'ring' then -- jobs, head, queue, lane, at
		if call('EXISTS', k) == 1 and call('HEXISTS', KEYS[ARGV[i + 2] + 0], 'fence') == 0 then
			rang = 1
			call('ZADD', KEYS[ARGV[i + 3] + 0], 'LT', ARGV[i + 5], ARGV[i + 4])
		end
		i = i + 6
	elseif op == 'blank' then
		if ARGV[i + 2] + 0 < call('LLEN', k) then call('LSET', k, ARGV[i + 2], ARGV[i + 3]) end
		i = i + 4
	elseif op == 'drop' then -- jobs, head, queue, lane
		call('DEL', k, KEYS[ARGV[i + 2] + 0])
		call('ZREM', KEYS[ARGV[i + 3] + 0], ARGV[i + 4])
		i = i + 5
	elseif op == 'cut' then
		call('DEL', k)
		i = i + 2
	elseif op == 'soil' then
		call('INCR', k)
		changed = nil
		i = i + 2
	else -- idle
		changed = nil
		i = i + 2
	end
	if copying and changed and not again then call('SADD', KEYS[2], changed) end
end

if not again and call('HSET', KEYS[1], slot, number .. (2 * held + rang)) == 1 then
	call('EXPIRE', KEYS[1], 172800)
end
if not out then return { 'ok', held, rang } end
table.insert(out, 1, rang)
table.insert(out, 1, held)
table.insert(out, 1, 'ok')
return out
