output "alb_dns_name" {
  value = module.alb.dns_name
}

output "cluster_name" {
  value = module.ecs.cluster_name
}

output "ecr_repository_url" {
  value = module.ecs.repository_url
}

output "task_definition_arn" {
  value = module.ecs.task_definition_arn
}
