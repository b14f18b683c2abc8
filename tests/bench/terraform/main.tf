data "aws_availability_zones" "available" {
  state = "available"
}

locals {
  name = "${var.project}-${var.environment}"
  azs  = slice(data.aws_availability_zones.available.names, 0, var.az_count)
}

module "networking" {
  source = "./modules/networking"

  name           = local.name
  region         = var.region
  vpc_cidr       = var.vpc_cidr
  azs            = local.azs
  container_port = var.container_port
}

module "secrets" {
  source = "./modules/secrets"

  name          = local.name
  values        = var.secrets
  recovery_days = var.secret_recovery_days
}

module "alb" {
  source = "./modules/alb"

  name              = local.name
  vpc_id            = module.networking.vpc_id
  subnet_ids        = module.networking.public_subnet_ids
  security_group_id = module.networking.alb_security_group_id
  certificate_arn   = var.certificate_arn
  container_port    = var.container_port
  weights           = var.traffic_weights
}

module "ecs" {
  source = "./modules/ecs"

  name               = local.name
  region             = var.region
  subnet_ids         = module.networking.private_subnet_ids
  security_group_id  = module.networking.ecs_security_group_id
  target_group_arn   = module.alb.blue_target_group_arn
  secret_arn         = module.secrets.arn
  image_tag          = var.image_tag
  container_port     = var.container_port
  cpu                = var.task_cpu
  memory             = var.task_memory
  min_tasks          = var.min_tasks
  max_tasks          = var.max_tasks
  enable_autoscaling = var.enable_autoscaling
  log_retention_days = var.log_retention_days

  environment = {
    FLASK_DEBUG             = "0"
    DOMAIN                  = var.domain_name
    OAUTH2_REDIRECT_URI     = "https://${var.domain_name}/oauth2callback"
    MS_OUTLOOK_REDIRECT_URI = "https://${var.domain_name}/oauth2callback/outlook"
  }

  secret_env = {
    FLASK_SECRET_KEY     = "flask_secret_key"
    MONGO_URI            = "mongo_uri"
    SENDGRID_API_KEY     = "sendgrid_api_key"
    GOOGLE_CLIENT_SECRET = "google_client_secret"
    MS_CLIENT_ID         = "ms_client_id"
    MS_CLIENT_SECRET     = "ms_client_secret"
    AZURE_APPLICATION_ID = "azure_application_id"
    AZURE_DIRECTORY_ID   = "azure_directory_id"
  }
}
