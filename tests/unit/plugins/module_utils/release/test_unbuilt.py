import pytest
from ansible_collections.calstack.aws.plugins.module_utils._core.errors import InputError
from ansible_collections.calstack.aws.plugins.module_utils._release.api import Look
from ansible_collections.calstack.aws.plugins.module_utils._release.survey import survey
from ecs_account import catch_up, push, site
from release_account import BLUE, STACK, empty


@pytest.fixture
def environment():
    with empty() as (aws, given):
        yield aws, given


def test_without_services_it_says_so(environment):
    aws, _given = environment
    with pytest.raises(InputError, match=rf"service {BLUE} is not there.*--limit ecs"):
        Look(aws, STACK).world()


def test_without_a_first_image_there_is_nothing_to_release(environment):
    aws, given = environment
    site(aws, given)
    catch_up()
    with pytest.raises(InputError, match="waits for its first image"):
        Look(aws, STACK).world()


def test_a_repository_without_images_says_so(environment):
    aws, given = environment
    push(aws, "v1")
    site(aws, given)
    aws("ecr").batch_delete_image(repositoryName="calstack", imageIds=[{"imageTag": "v1"}])
    with pytest.raises(InputError, match="holds no tagged image: push it first"):
        survey(aws, STACK, "calstack:v1")
