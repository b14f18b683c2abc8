-- The side of the edge that viewers see, before the cache: what of a request is the key and goes to the origin, and
-- what CloudFront says on the answer. BEHAVIOUR is put in front by `scripts`.

local OWN = "x%-lab%-"
local ALWAYS = {
  ["content-length"] = true, ["content-type"] = true, ["transfer-encoding"] = true, ["range"] = true,
  ["connection"] = true, ["upgrade"] = true, ["te"] = true, ["expect"] = true, ["x-forwarded-for"] = true,
}
-- Envoy's cache looks at these, CloudFront's does not.
local HELD_BACK = {
  "authorization", "cache-control", "pragma", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since",
  "if-range",
}
local CONDITIONS = {
  ["if-none-match"] = true, ["if-match"] = true, ["if-modified-since"] = true, ["if-unmodified-since"] = true,
  ["if-range"] = true,
}
local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

math.randomseed(os.time() + BEHAVIOUR.seed)

local function request_id()
  local letters = {}
  for place = 1, 54 do
    local pick = math.random(1, #LETTERS)
    letters[place] = string.sub(LETTERS, pick, pick)
  end
  return table.concat(letters) .. "=="
end

-- A selection is {behavior=, names={name=true}}.
local function selects(selection, name)
  local behavior = selection.behavior
  if behavior == "none" then return false end
  if behavior == "all" then return true end
  local named = selection.names[name] == true
  if behavior == "whitelist" then return named end
  return not named
end

-- The parts of a query or a cookie header that are in the key, and those that go to the origin.
local function sift(text, separator, joiner, key, sent)
  local keyed, forwarded = {}, {}
  for part in string.gmatch(text, separator) do
    part = string.gsub(part, "^%s+", "")
    local name = string.match(part, "^[^=]*")
    local in_key = selects(key, name)
    if in_key then keyed[#keyed + 1] = part end
    if in_key or selects(sent, name) then forwarded[#forwarded + 1] = part end
  end
  return table.concat(keyed, joiner), table.concat(forwarded, joiner)
end

local function accepted(given)
  local offered = {}
  for coding in string.gmatch(string.lower(given or ""), "[^,]+") do
    local name, weight = string.match(coding, "^%s*([%w*%-]+)"), string.match(coding, "q=([%d.]+)")
    if name and tonumber(weight or "1") > 0 then offered[name] = true end
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
  return (string.gsub(text, "[^%w%-._~/?&=,;:]", function(letter)
    return string.format("%%%02X", string.byte(letter))
  end))
end

local function sift_headers(handle, headers)
  local keyed, dropped = {}, {}
  for name, value in pairs(headers) do
    if string.match(name, "^" .. OWN) then
      dropped[#dropped + 1] = name
    elseif string.sub(name, 1, 1) ~= ":" and name ~= "cookie" and name ~= "accept-encoding" then
      local in_key = selects(BEHAVIOUR.key_headers, name)
      if in_key then keyed[#keyed + 1] = name .. "=" .. value end
      if not (in_key or ALWAYS[name] or CONDITIONS[name] or selects(BEHAVIOUR.sent_headers, name)) then
        dropped[#dropped + 1] = name
      end
    end
  end
  for _, name in ipairs(dropped) do headers:remove(name) end
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
  local given = headers:get("accept-encoding")
  local codings = accepted(given)
  if BEHAVIOUR.gzip or BEHAVIOUR.brotli then
    if codings == "" then headers:remove("accept-encoding") else headers:replace("accept-encoding", codings) end
  elseif not selects(BEHAVIOUR.sent_headers, "accept-encoding") then
    headers:remove("accept-encoding")
  end
  return codings
end

local function add_own(handle, headers)
  if BEHAVIOUR.sent_headers.names["cloudfront-forwarded-proto"] then
    headers:replace("cloudfront-forwarded-proto", BEHAVIOUR.scheme)
  end
  if BEHAVIOUR.sent_headers.names["cloudfront-viewer-address"] then
    headers:replace("cloudfront-viewer-address", handle:streamInfo():downstreamDirectRemoteAddress())
  end
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local id = request_id()
  handle:streamInfo():dynamicMetadata():set("edge", "id", id)
  if BEHAVIOUR.direct then return end
  local whole, host = headers:get(":path"), headers:get(":authority")
  local path, query = string.match(whole, "^([^?]*)%??(.*)$")
  if path == "/" and BEHAVIOUR.root_object ~= "" then path = "/" .. BEHAVIOUR.root_object end
  local key_query, query_sent = sift(query, "[^&]+", "&", BEHAVIOUR.key_query, BEHAVIOUR.sent_query)
  local key_host = selects(BEHAVIOUR.key_headers, "host") and host or ""
  local send_host = key_host ~= "" or selects(BEHAVIOUR.sent_headers, "host")
  local key_headers = sift_headers(handle, headers)
  local key_cookies = set_cookies(headers)
  local codings = set_codings(headers)
  if not headers:get("user-agent") then headers:add("user-agent", "Amazon CloudFront") end
  add_own(handle, headers)
  for _, name in ipairs(HELD_BACK) do
    local value = headers:get(name)
    if value then
      headers:remove(name)
      if not (BEHAVIOUR.caches and CONDITIONS[name]) then headers:add("x-lab-held-" .. name, value) end
    end
  end
  headers:replace("via", (headers:get("via") and headers:get("via") .. ", " or "") .. BEHAVIOUR.via)
  headers:replace("x-amz-cf-id", id)
  headers:replace("x-lab-path", BEHAVIOUR.origin_path .. path .. (query_sent ~= "" and "?" .. query_sent or ""))
  headers:replace("x-lab-host", send_host and host or BEHAVIOUR.origin_host)
  local key = { path .. "?" .. key_query, key_host, key_headers, key_cookies, codings }
  headers:replace(":path", escape(table.concat(key, "|")))
  headers:replace(":authority", BEHAVIOUR.cache_name .. "." .. generation(path))
end

local function move(headers, from, to)
  local value = headers:get(from)
  headers:remove(to)
  if value then
    headers:remove(from)
    headers:replace(to, value)
  end
end

local function add_policy(headers)
  for _, name in ipairs(BEHAVIOUR.removed) do headers:remove(name) end
  for _, item in ipairs(BEHAVIOUR.added) do
    if item.override or not headers:get(item.name) then headers:replace(item.name, item.value) end
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local seen = handle:streamInfo():dynamicMetadata():get("edge") or {}
  local result = "Hit from cloudfront"
  if headers:get("x-lab-status") then
    headers:replace(":status", headers:get("x-lab-status"))
    headers:remove("x-lab-status")
  end
  local asked, fetched = headers:get("x-lab-asked"), headers:get("x-lab-fetched")
  if asked then
    headers:remove("x-lab-asked")
    headers:remove("x-lab-fetched")
    move(headers, "x-lab-cache-control", "cache-control")
    move(headers, "x-lab-vary", "vary")
  elseif not BEHAVIOUR.direct and headers:get(":status") == "503" then
    -- Envoy's own answer, the origin's would be marked.
    headers:replace(":status", "502")
    headers:replace("content-type", "text/plain")
    handle:body(true):setBytes(BEHAVIOUR.no_connection)
    headers = handle:headers() -- waiting for the body has ended the life of the former
  end
  local status = tonumber(headers:get(":status"))
  if BEHAVIOUR.direct then
    result = status < 400 and "Redirect from cloudfront" or "Error from cloudfront"
  elseif status >= 400 then
    result = "Error from cloudfront"
  elseif asked == seen["id"] then
    result = fetched == "confirmed" and status ~= 304 and "RefreshHit from cloudfront" or "Miss from cloudfront"
  end
  if not headers:get("server") then headers:add("server", "CloudFront") end
  headers:remove("x-envoy-upstream-service-time")
  add_policy(headers)
  headers:replace("x-cache", result)
  headers:replace("via", (headers:get("via") and headers:get("via") .. ", " or "") .. BEHAVIOUR.via)
  headers:replace("x-amz-cf-pop", BEHAVIOUR.pop)
  headers:replace("x-amz-cf-id", seen["id"] or request_id())
end
