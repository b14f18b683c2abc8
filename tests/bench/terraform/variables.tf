variable "region" {
  type    = string
  default = "us-east-1"
}

variable "project" {
  type    = string
  default = "calstack"
}

variable "environment" {
  type    = string
  default = "prod"
}

variable "domain_name" {
  type    = string
  default = "calstack.example.com"
}

variable "certificate_arn" {
  description = "A certificate in ACM that covers domain_name."
  type        = string
}

variable "vpc_cidr" {
  type    = string
  default = "10.20.0.0/16"
}

variable "az_count" {
  type    = number
  default = 3
}

variable "container_port" {
  type    = number
  default = 5000
}

variable "image_tag" {
  description = "The tag of the application image in the stack's ECR repository. The bench's one change."
  type        = string
  default     = "v1"
}

variable "task_cpu" {
  type    = number
  default = 256
}

variable "task_memory" {
  type    = number
  default = 512
}

variable "min_tasks" {
  type    = number
  default = 2
}

variable "max_tasks" {
  type    = number
  default = 10
}

variable "traffic_weights" {
  description = "Share of requests sent to the blue and to the green target group."
  type        = object({ blue = number, green = number })
  default     = { blue = 100, green = 0 }
}

variable "log_retention_days" {
  type    = number
  default = 30
}

variable "secret_recovery_days" {
  type    = number
  default = 0
}

variable "enable_autoscaling" {
  type    = bool
  default = true
}

variable "secrets" {
  description = "Application secrets, stored as one JSON value in Secrets Manager."
  type        = map(string)
  sensitive   = true
  default = {
    flask_secret_key     = "bench-only-not-a-secret-0000000000"
    mongo_uri            = "mongodb+srv://bench.invalid/calstack"
    sendgrid_api_key     = "bench-only"
    google_client_secret = "bench-only"
    ms_client_id         = "bench-only"
    ms_client_secret     = "bench-only"
    azure_application_id = "bench-only"
    azure_directory_id   = "bench-only"
  }
}
