-- Applies a batch once, however often it is asked to: all of it, or nothing.
-- KEYS[1] what became of the batches that came before under the same slot
-- KEYS[2] what a snapshot has to read again, if one is being taken
-- KEYS    every other key of the batch; operations name them by their place
-- ARGV[1] the slot: its batches come one after the other
-- ARGV[2] the number of the batch: higher with each
-- ARGV[3] 1 if it was sent before and nobody knows what became of it
-- ARGV    operations, one after the other, each a name and its arguments
-- Returns 'ok', 1 if its fenced jobs are leased, 1 if a lane that was rung is
-- due, and, if its last "done" goes on, the attempts and jobs that follow;
-- or 'stale' or 'seen'; or 'late' if the slot has gone on; or 'wait' while the
-- shard takes nothing.
local call = redis.call
local copying = call('EXISTS', KEYS[2]) == 1
if copying and call('SISMEMBER', KEYS[2], 'wait') == 1 then return { 'wait' } end

-- How many arguments each operation has. The first four can fail.
local arity = {
	idle = 1, done = 8, put = 3, once = 2, unindex = 2, index = 3, append = 2, job = 8, add = 3,
	drop = 4, cut = 1, blank = 3, ring = 5, soil = 1,
}

local check = {
	idle = function(k) return call('EXISTS', k) == 1 and 'stale' end,
	done = function(_, head, _, _, fence) return call('HGET', KEYS[tonumber(head)], 'fence') ~= fence and 'stale' end,
	put = function(k, version) return (call('HGET', k, 'version') or '0') ~= version and 'stale' end,
	once = function(k) return call('EXISTS', k) == 1 and 'seen' end,
}

-- What each operation changes that a snapshot may have read: what its key
-- names, or one member of it. Counters are read last.
local changes = {
	done = 'all', put = 'all', once = 'all', append = 'all', job = 'all', drop = 'all', cut = 'all', blank = 'all', ring = 'all',
	unindex = 'member', index = 'member',
}

local held, rang, follow = 0, 0, nil

local apply = {
	idle = function() end,
	done = function(jobs, head, queue, lane, fence, n, due, hold)
		head, queue = KEYS[tonumber(head)], KEYS[tonumber(queue)]
		if n ~= '0' then
			call('LTRIM', jobs, n, -1)
			call('HDEL', head, 'attempts')
		end
		follow = nil
		if call('EXISTS', jobs) == 0 then
			call('DEL', head)
			call('ZREM', queue, lane)
			return
		end
		call('ZADD', queue, due, lane)
		if hold == '0' then
			call('HDEL', head, 'fence')
		else
			follow = call('LRANGE', jobs, 0, tonumber(hold) - 1)
			table.insert(follow, 1, call('HINCRBY', head, 'attempts', 1))
		end
	end,
	drop = function(jobs, head, queue, lane)
		call('DEL', jobs, KEYS[tonumber(head)])
		call('ZREM', KEYS[tonumber(queue)], lane)
	end,
	cut = function(k) call('DEL', k) end,
	put = function(k, version, body)
		if body == '' then return call('DEL', k) end
		call('HSET', k, 'version', tonumber(version) + 1, 'body', body)
	end,
	once = function(k, ttl) call('SET', k, 1, 'EX', ttl) end,
	unindex = function(k, member) call('ZREM', k, member) end,
	index = function(k, score, member) call('ZADD', k, score, member) end,
	blank = function(k, place, body)
		if tonumber(place) < call('LLEN', k) then call('LSET', k, place, body) end
	end,
	append = function(k, body) call('RPUSH', k, body) end,
	ring = function(jobs, head, queue, lane, at)
		if call('EXISTS', jobs) == 0 or call('HEXISTS', KEYS[tonumber(head)], 'fence') == 1 then return end
		rang, queue = 1, KEYS[tonumber(queue)]
		local due = call('ZSCORE', queue, lane)
		if not due or tonumber(due) > tonumber(at) then call('ZADD', queue, at, lane) end
	end,
	job = function(jobs, head, queue, lane, due, fence, till, body)
		head, queue = KEYS[tonumber(head)], KEYS[tonumber(queue)]
		if call('RPUSH', jobs, body) == 1 then
			if fence == '0' then
				call('ZADD', queue, due, lane)
			else
				call('HSET', head, 'fence', fence, 'attempts', 1)
				call('ZADD', queue, till, lane)
			end
		end
		if fence ~= '0' and call('HGET', head, 'fence') == fence then held = 1 end
	end,
	add = function(k, name, n) call('HINCRBY', k, name, n) end,
	soil = function(k) call('INCR', k) end,
}

-- What was applied before answers as it did then: a lease that went on is read
-- again, and is nobody's if it was lost since.
local recall = {
	done = function(jobs, head, _, _, fence, _, _, hold)
		head, follow = KEYS[tonumber(head)], nil
		if hold == '0' or call('HGET', head, 'fence') ~= fence then return end
		follow = call('LRANGE', jobs, 0, tonumber(hold) - 1)
		table.insert(follow, 1, tonumber(call('HGET', head, 'attempts') or '1'))
	end,
}

local function each(fns)
	local i = 4
	while i <= #ARGV do
		local name = ARGV[i]
		local n = arity[name]
		local fn = fns[name]
		if fn then
			local fate = fn(KEYS[tonumber(ARGV[i + 1])], unpack(ARGV, i + 2, i + n))
			if fns == check and fate then return fate end
			if fns == apply and copying and changes[name] then
				local k = KEYS[tonumber(ARGV[i + 1])]
				if changes[name] == 'member' then k = k .. '\0' .. ARGV[i + n] end
				call('SADD', KEYS[2], k)
			end
		end
		i = i + 1 + n
	end
end

-- A slot holds the number of its last batch and, in the last digit, its fate:
-- 0 to 3 for what was applied, with 2 if held and 1 if rang; 4 stale, 5 seen.
local fates = { stale = 4, seen = 5 }
local function note(fate)
	if call('HSET', KEYS[1], ARGV[1], ARGV[2] .. fate) == 1 then call('EXPIRE', KEYS[1], 172800) end
end

local function answer()
	local out = { 'ok', held, rang }
	for _, v in ipairs(follow or {}) do table.insert(out, v) end
	return out
end

local was = call('HGET', KEYS[1], ARGV[1])
if was then
	local number, fate = tonumber(string.sub(was, 1, -2)), tonumber(string.sub(was, -1))
	if number > tonumber(ARGV[2]) then return { 'late' } end
	if number == tonumber(ARGV[2]) then
		if fate == 4 then return { 'stale' } end
		if fate == 5 then return { 'seen' } end
		held, rang = math.floor(fate / 2), fate % 2
		each(recall)
		return answer()
	end
end

local fate = each(check)
if fate then
	if ARGV[3] == '1' then note(fates[fate]) end -- the first sending must change nothing any more
	return { fate }
end
each(apply)
note(2 * held + rang)
return answer()
