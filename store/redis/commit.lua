-- Applies a batch: all of it, or nothing.
-- KEYS  every key of the batch; operations name them by their place
-- ARGV  operations, one after the other, each a name and its arguments
-- Returns 'ok', 1 if its fenced jobs are leased, 1 if a lane that was rung is
-- due, and, if its last "done" goes on, the attempts and jobs that follow;
-- or 'stale' or 'seen'.
local call = redis.call

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

local function each(fns)
	local i = 1
	while i <= #ARGV do
		local name = ARGV[i]
		local n = arity[name]
		local fn = fns[name]
		if fn then
			local fate = fn(KEYS[tonumber(ARGV[i + 1])], unpack(ARGV, i + 2, i + n))
			if fns == check and fate then return fate end
		end
		i = i + 1 + n
	end
end

local fate = each(check)
if fate then return { fate } end
each(apply)
local out = { 'ok', held, rang }
for _, v in ipairs(follow or {}) do table.insert(out, v) end
return out
