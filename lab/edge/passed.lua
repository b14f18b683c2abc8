-- For what passes the edge as it is: only the result is said.

function envoy_on_response(handle)
  local headers = handle:headers()
  local failed = tonumber(headers:get(":status")) >= 400
  headers:replace("x-cache", failed and "Error from cloudfront" or "Miss from cloudfront")
end
