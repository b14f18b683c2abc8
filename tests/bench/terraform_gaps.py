"""What moto answers wrongly for Terraform alone; what site.yml meets too is mended in lab/aws.

Without these a second `terraform plan` shows changes (or, for the first, the apply never ends). Nothing here makes a
call faster or slower in any way that could be measured.
"""


def apply():
    ecs_service_fields()
    security_group_rule_description()


def ecs_service_fields():
    """ECS: CreateService drops these fields, so DescribeServices lacks them."""
    from moto.ecs.responses import EC2ContainerServiceResponse as R

    create = R.create_service

    def create_service(self):
        answer = create(self)
        service = answer.result["service"]
        for field, attribute, default in (
            ("healthCheckGracePeriodSeconds", "health_check_grace_period_seconds", None),
            ("availabilityZoneRebalancing", "availability_zone_rebalancing", "DISABLED"),
            ("deploymentConfiguration", "deployment_configuration", None),
        ):
            value = self._get_param(field, default)
            if value is not None:
                setattr(service, attribute, value)
        return answer

    R.create_service = create_service


def security_group_rule_description():
    """EC2: a rule that names another group loses its description."""
    from moto.ec2.models.security_groups import SecurityGroupRule

    SecurityGroupRule.description = property(
        lambda self: self.ip_range.get("Description") or (self.source_group or {}).get("Description")
    )
