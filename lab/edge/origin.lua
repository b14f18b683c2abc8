-- The side of the edge that the origin sees, after the cache: only what the cache could not answer comes here.
-- It runs as a filter of the cluster: Envoy's cache asks the cluster itself and leaves out the filters after it.
-- BEHAVIOUR is put in front by `scripts`.

local HELD_BACK = {
  "authorization", "cache-control", "pragma", "if-none-match", "if-match", "if-modified-since", "if-unmodified-since",
  "if-range",
}

local NOT_SENT = {
  "x-lab-path", "x-lab-host", "x-forwarded-proto", "x-envoy-internal", "x-envoy-external-address",
  "x-envoy-expected-rq-timeout-ms", "x-envoy-attempt-count",
}

function envoy_on_request(handle)
  local headers = handle:headers()
  local memory = handle:streamInfo():dynamicMetadata()
  memory:set("edge", "method", headers:get(":method"))
  memory:set("edge", "asked", headers:get("x-amz-cf-id"))
  headers:replace(":path", headers:get("x-lab-path"))
  headers:replace(":authority", headers:get("x-lab-host"))
  for _, name in ipairs(NOT_SENT) do headers:remove(name) end
  for _, item in ipairs(BEHAVIOUR.headers) do headers:replace(item.name, item.value) end
  for _, name in ipairs(HELD_BACK) do
    local value = headers:get("x-lab-held-" .. name)
    if value then
      headers:remove("x-lab-held-" .. name)
      headers:replace(name, value)
    end
  end
end

local function directive(control, name)
  local value = string.match("," .. control, "[,%s]" .. name .. "%s*=%s*\"?(%d+)")
  return value and tonumber(value)
end

-- For how long CloudFront keeps an answer; 0 is not at all.
-- https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Expiration.html
local function seconds(headers, status)
  local control = string.lower(headers:get("cache-control") or "")
  local told = directive(control, "s%-maxage") or directive(control, "max%-age")
  if status >= 400 then
    local least = BEHAVIOUR.error_seconds[status]
    if not least and told then least = BEHAVIOUR.told_error_seconds[status] end
    return least and math.max(least, told or 0) or 0
  end
  if not BEHAVIOUR.caches or status == 206 then return 0 end
  if string.find(control, "no%-store") or string.find(control, "no%-cache") or string.find(control, "private") then
    return BEHAVIOUR.least
  end
  if told then return math.max(BEHAVIOUR.least, math.min(told, BEHAVIOUR.most)) end
  return math.max(BEHAVIOUR.default, BEHAVIOUR.least)
end

function envoy_on_response(handle)
  local headers = handle:headers()
  local memory = handle:streamInfo():dynamicMetadata():get("edge") or {}
  local status = tonumber(headers:get(":status"))
  local keeps = BEHAVIOUR.cached_methods[memory["method"]] and seconds(headers, status) or 0
  if not BEHAVIOUR.cookies then headers:remove("set-cookie") end
  local control, vary = headers:get("cache-control"), headers:get("vary")
  -- An answer that is kept bears the id of the request that fetched it, or had it confirmed.
  headers:replace("x-lab-asked", memory["asked"] or "")
  headers:replace("x-lab-fetched", status == 304 and "confirmed" or "new")
  if control then headers:replace("x-lab-cache-control", control) end
  if vary then headers:replace("x-lab-vary", vary) end
  headers:remove("vary")
  headers:replace("cache-control", keeps > 0 and "max-age=" .. keeps or "no-store")
  if not headers:get("date") then headers:add("date", os.date("!%a, %d %b %Y %H:%M:%S GMT")) end
  -- Envoy's cache keeps fewer kinds of answers than CloudFront's.
  if keeps > 0 and status ~= 200 and status ~= 304 then
    headers:replace("x-lab-status", tostring(status))
    headers:replace(":status", "200")
  end
end
