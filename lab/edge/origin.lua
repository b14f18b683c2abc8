-- The side of the edge that the origin sees, after the cache: only what the cache could not answer comes here.
-- It runs as a filter of the cluster: Envoy's cache asks the cluster itself and leaves out the filters after it.
-- BEHAVIOUR is put in front by `scripts`.

local HELD = "x-lab-held-"

local NOT_SENT = {
  "x-forwarded-proto", "x-envoy-internal", "x-envoy-external-address", "x-envoy-expected-rq-timeout-ms",
  "x-envoy-attempt-count",
}

function envoy_on_request(handle)
  local headers = handle:headers()
  handle:streamInfo():dynamicMetadata():set("edge", "asked", headers:get("x-amz-cf-id") or "")
  headers:replace(":path", headers:get("x-lab-path"))
  headers:replace(":authority", headers:get("x-lab-host"))
  headers:remove("x-lab-path")
  headers:remove("x-lab-host")
  for _, name in ipairs(NOT_SENT) do headers:remove(name) end
  local held = {}
  for name, value in pairs(headers) do
    if string.sub(name, 1, #HELD) == HELD then held[string.sub(name, #HELD + 1)] = value end
  end
  for name, value in pairs(held) do
    headers:remove(HELD .. name)
    headers:add(name, value)
  end
  for _, item in ipairs(BEHAVIOUR.headers) do headers:replace(item.name, item.value) end
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
  -- Only GET and HEAD pass the cache, which goes by what is said here; the viewer's side takes it back.
  local kept = seconds(headers, status)
  if not BEHAVIOUR.cookies then headers:remove("set-cookie") end
  local control, vary = headers:get("cache-control"), headers:get("vary")
  headers:replace("x-lab-asked", (memory["asked"] or "") .. (status == 304 and " confirmed" or ""))
  if control then headers:replace("x-lab-cache-control", control) end
  if vary then
    headers:replace("x-lab-vary", vary)
    headers:remove("vary")
  end
  headers:replace("cache-control", kept > 0 and "max-age=" .. kept or "no-store")
  if not headers:get("date") then headers:add("date", os.date("!%a, %d %b %Y %H:%M:%S GMT")) end
  -- Envoy's cache keeps fewer kinds of answers than CloudFront's.
  if kept > 0 and status ~= 200 and status ~= 304 then
    headers:replace("x-lab-status", tostring(status))
    headers:replace(":status", "200")
  end
end
