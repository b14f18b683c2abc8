-- The side of the edge that viewers see, before the cache: what of a request is the key and what goes to the origin,
-- and what CloudFront says on the answer. BEHAVIOUR is put in front by `scripts`.

local ALWAYS = {
  ["content-length"] = true, ["content-type"] = true, ["transfer-encoding"] = true, ["range"] = true,
  ["connection"] = true, ["upgrade"] = true, ["te"] = true, ["expect"] = true, ["x-forwarded-for"] = true,
}
local CONDITIONS = {
  ["if-none-match"] = true, ["if-match"] = true, ["if-modified-since"] = true, ["if-unmodified-since"] = true,
  ["if-range"] = true,
}
-- Envoy's cache looks at these, CloudFront's does not.
local HELD_BACK = { ["authorization"] = true, ["cache-control"] = true, ["pragma"] = true }
for name in pairs(CONDITIONS) do HELD_BACK[name] = true end

-- A selection is {behavior=, names={name=true}}.
local function selects(selection, name)
  local behavior = selection.behavior
  if behavior == "all" then return true end
  if behavior == "none" then return false end
  local named = selection.names[name] == true
  if behavior == "whitelist" then return named end
  return not named
end

-- The parts of a query or of cookies that are in the key, and those that go to the origin.
local function sift(text, part_pattern, joiner, key, sent)
  if text == "" then return "", "" end
  local keyed, forwarded = {}, {}
  for part in string.gmatch(text, part_pattern) do
    part = string.gsub(part, "^%s+", "")
    local name = string.match(part, "^[^=]*")
    local in_key = selects(key, name)
    if in_key then keyed[#keyed + 1] = part end
    if in_key or selects(sent, name) then forwarded[#forwarded + 1] = part end
  end
  return table.concat(keyed, joiner), table.concat(forwarded, joiner)
end

-- The codings that the policy is for and the viewer takes, as CloudFront writes them.
local function accepted(given)
  local offered = {}
  for coding in string.gmatch(string.lower(given or ""), "[^,]+") do
    local name, weight = string.match(coding, "^%s*([%w*%-]+)"), string.match(coding, "q=([%d.]+)")
    if name and (tonumber(weight or "1") or 0) > 0 then offered[name] = true end
  end
  local codings = {}
  if BEHAVIOUR.brotli and offered["br"] then codings[#codings + 1] = "br" end
  if BEHAVIOUR.gzip and offered["gzip"] then codings[#codings + 1] = "gzip" end
  return table.concat(codings, ",")
end

local function generation(path)
  local latest = 0
  for _, item in ipairs(BEHAVIOUR.invalidations) do
    local hit = path == item.path
    if item.open then hit = string.sub(path, 1, #item.path) == item.path end
    if hit and item.number > latest then latest = item.number end
  end
  return latest
end

local function escape(text)
  return (string.gsub(text, "[^%w%-._~/?&=,;:|]", function(letter)
    return string.format("%%%02X", string.byte(letter))
  end))
end

-- Takes away what does not go to the origin, puts aside what the cache must not see; the headers in the key.
local function sift_headers(headers)
  local keyed, dropped, held = {}, {}, {}
  for name, value in pairs(headers) do
    if string.sub(name, 1, 6) == "x-lab-" then
      dropped[#dropped + 1] = name
    elseif string.sub(name, 1, 1) ~= ":" and name ~= "cookie" and name ~= "accept-encoding" then
      local in_key = selects(BEHAVIOUR.key_headers, name)
      if in_key then keyed[#keyed + 1] = name .. "=" .. value end
      local sent = in_key or ALWAYS[name] or CONDITIONS[name] or selects(BEHAVIOUR.sent_headers, name)
      if BEHAVIOUR.caches and CONDITIONS[name] then sent = false end
      if not sent or HELD_BACK[name] then dropped[#dropped + 1] = name end
      if sent and HELD_BACK[name] then held[name] = value end
    end
  end
  for _, name in ipairs(dropped) do headers:remove(name) end
  for name, value in pairs(held) do headers:add("x-lab-held-" .. name, value) end
  table.sort(keyed)
  return table.concat(keyed, "&")
end

local function set_cookies(headers)
  local cookies = headers:get("cookie")
  if cookies == nil then return "" end
  local keyed, sent = sift(cookies, "[^;]+", "; ", BEHAVIOUR.key_cookies, BEHAVIOUR.sent_cookies)
  if sent == "" then headers:remove("cookie") else headers:replace("cookie", sent) end
  return keyed
end

local function set_codings(headers)
  if not (BEHAVIOUR.gzip or BEHAVIOUR.brotli) then
    if not selects(BEHAVIOUR.sent_headers, "accept-encoding") then headers:remove("accept-encoding") end
    return ""
  end
  local codings = accepted(headers:get("accept-encoding"))
  if codings == "" then headers:remove("accept-encoding") else headers:replace("accept-encoding", codings) end
  return codings
end

local function add_own(handle, headers)
  if not headers:get("user-agent") then headers:add("user-agent", "Amazon CloudFront") end
  if BEHAVIOUR.sent_headers.names["cloudfront-forwarded-proto"] then
    headers:replace("cloudfront-forwarded-proto", BEHAVIOUR.scheme)
  end
  if BEHAVIOUR.sent_headers.names["cloudfront-viewer-address"] then
    headers:replace("cloudfront-viewer-address", handle:streamInfo():downstreamDirectRemoteAddress())
  end
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local whole, host = headers:get(":path"), headers:get(":authority")
  local path, query = string.match(whole, "^([^?]*)%??(.*)$")
  if path == "/" and BEHAVIOUR.root_object ~= "" then path = "/" .. BEHAVIOUR.root_object end
  local key_query, query_sent = sift(query, "[^&]+", "&", BEHAVIOUR.key_query, BEHAVIOUR.sent_query)
  local key_host = selects(BEHAVIOUR.key_headers, "host") and host or ""
  local send_host = key_host ~= "" or selects(BEHAVIOUR.sent_headers, "host")
  local key_headers = sift_headers(headers)
  local key_cookies = set_cookies(headers)
  local codings = set_codings(headers)
  add_own(handle, headers)
  headers:add("x-lab-path", BEHAVIOUR.origin_path .. path .. (query_sent ~= "" and "?" .. query_sent or ""))
  headers:add("x-lab-host", send_host and host or BEHAVIOUR.origin_host)
  local key = { path .. "?" .. key_query, key_host, key_headers, key_cookies, codings }
  headers:replace(":path", escape(table.concat(key, "|")))
  headers:replace(":authority", BEHAVIOUR.cache_name .. "." .. generation(path))
end

local function restore(headers, from, to)
  local value = headers:get(from)
  headers:remove(to)
  if value then
    headers:remove(from)
    headers:add(to, value)
  end
end

local function add_policy(headers)
  for _, name in ipairs(BEHAVIOUR.removed) do headers:remove(name) end
  for _, item in ipairs(BEHAVIOUR.added) do
    if item.override or not headers:get(item.name) then headers:replace(item.name, item.value) end
  end
end

-- What the behaviour's CloudFront function has been found to do with this status; errors do not pass it.
-- Headers of the policy are there before it runs:
-- https://aws.amazon.com/blogs/networking-and-content-delivery/amazon-cloudfront-introduces-response-headers-policies/
local function pass_function(headers, status)
  if not BEHAVIOUR.played or status >= 400 then return end
  local said = BEHAVIOUR.played.by_status[status] or BEHAVIOUR.played.usual
  for _, name in ipairs(said.removed) do headers:remove(name) end
  for _, item in ipairs(said.put) do headers:replace(item.name, item.value) end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local id, asked, result = headers:get("x-amz-cf-id"), headers:get("x-lab-asked"), "Hit from cloudfront"
  if asked then
    -- An answer that is kept bears the id of the request that fetched it, or had it confirmed.
    if asked == id then result = "Miss from cloudfront" end
    if asked == id .. " confirmed" then result = "RefreshHit from cloudfront" end
    headers:remove("x-lab-asked")
    restore(headers, "x-lab-cache-control", "cache-control")
    local vary, status = headers:get("x-lab-vary"), headers:get("x-lab-status")
    if vary then restore(headers, "x-lab-vary", "vary") end
    if status then restore(headers, "x-lab-status", ":status") end
  elseif headers:get(":status") == "503" then
    -- Envoy's own answer: the origin's would be marked.
    headers:replace(":status", "502")
    headers:replace("content-type", "text/plain")
    handle:body(true):setBytes(BEHAVIOUR.no_connection)
    headers = handle:headers() -- waiting for the body has ended the life of the former
  end
  local final = tonumber(headers:get(":status"))
  if final >= 400 then result = "Error from cloudfront" end
  add_policy(headers)
  pass_function(headers, final)
  headers:replace("x-cache", result)
end
