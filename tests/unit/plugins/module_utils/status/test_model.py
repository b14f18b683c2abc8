"""The picture of an environment."""

from ansible_collections.calstack.aws.plugins.module_utils._status.model import Colour, Environment, picture

PUBLISHED = {
    "vpc_id": "vpc-1",
    "vpc_private_subnet_ids": ["s-1", "s-2"],
    "vpc_nat_addresses": ["198.51.100.7"],
    "ecr_repository_uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack",
    "secrets_arns": {"app": "arn"},
    "alb_arn": "arn",
    "alb_dns_name": "calstack-dev-1.eu-west-1.elb.amazonaws.com",
    "ecs_cluster_arn": "arn",
    "release_table_name": "calstack-dev-releases",
}
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack@sha256:" + "ab" * 32
BLUE = Colour("blue", 90, 2, 1, 1, {"healthy": 1, "initial": 1}, IMAGE, "3", "in progress", "has started 1 task")
GREEN = Colour("green", 10, 0, 0, 0, {}, "1.dkr.ecr/calstack:waiting-for-the-first-image", "1", "completed")


def environment(published=PUBLISHED, colours=(BLUE, GREEN)):
    return Environment("dev", "123456789012", "eu-west-1", "https://dev.example.com", published, colours)


def test_weights_tasks_health_and_images_stand_side_by_side():
    assert picture(environment()) == (
        "The environment dev (account 123456789012, eu-west-1)\n"
        "  address    https://dev.example.com  through the balancer calstack-dev-1.eu-west-1.elb.amazonaws.com\n"
        "  network    vpc-1, 2 zones, leaves by 198.51.100.7\n"
        "  images     123456789012.dkr.ecr.eu-west-1.amazonaws.com/calstack\n"
        "  blue       ██████████████████░░   90%   1 of 2 tasks running, 1 starting; "
        "targets: 1 healthy, 1 initial\n"
        "             calstack@abababababab, revision 3, in progress\n"
        "             has started 1 task\n"
        "  green      ██░░░░░░░░░░░░░░░░░░   10%   no tasks\n"
        "             no image yet, revision 1, completed"
    )


def test_an_empty_environment_says_what_builds_it():
    assert "Nothing of it exists: ansible-playbook site.yml" in picture(environment({}, ()))


def test_components_that_were_not_built_are_named():
    only_network = {key: value for key, value in PUBLISHED.items() if key.startswith("vpc")}
    assert picture(environment(only_network, ())).endswith("not built  ecr, secrets, alb, ecs, release")


def test_an_edge_is_known_by_its_secret():
    assert "through CloudFront and the balancer calstack" in picture(
        environment(PUBLISHED | {"dns_origin_secret_arn": "a"})
    )
