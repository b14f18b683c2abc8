"""The lab's edge: CloudFront's distributions in an Envoy of their own, and a name server for Route 53's zones."""
