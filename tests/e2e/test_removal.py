"""What is left behind: nothing."""

from .conftest import House


async def test_removing_the_nas_leaves_none_of_its_devices(nas: House) -> None:
    assert len(await nas.devices()) > 10
    await nas.remove("truenas")
    assert (await nas.devices()).keys() == {"home"}
    assert {each["unique_id"].partition("_")[0] for each in (await nas.entities()).values()} == {"home"}
    assert not [entity_id for entity_id in await nas.owner.states() if "tank" in entity_id]

    await nas.remove("server")
    assert not await nas.devices()
    assert not await nas.entities()
