import asyncio
import threading
from collections.abc import AsyncIterator

from appliance.office.desk.changes import Changes


async def _next(stream: AsyncIterator[str]) -> str:
    return await asyncio.wait_for(anext(stream), 5)


def test_a_page_hears_at_once_since_it_may_have_missed_something() -> None:
    async def watch() -> None:
        stream = Changes().stream()
        assert "event: changed" in await _next(stream)

    asyncio.run(watch())


def test_a_change_in_another_thread_reaches_every_page() -> None:
    async def watch() -> None:
        changes = Changes(gap_s=0)
        pages = [changes.stream(), changes.stream()]
        for page in pages:
            await _next(page)
        assert changes.pages == 2
        waiting = [asyncio.ensure_future(_next(page)) for page in pages]
        for _ in range(20):  # turns of the loop, until both wait for the bell
            await asyncio.sleep(0)
        other = threading.Thread(target=changes.publish)
        other.start()
        other.join()
        for word in waiting:
            assert "event: changed" in await word

    # In debug mode a loop notices who touches it from another thread.
    asyncio.run(watch(), debug=True)


def test_many_changes_are_one_word() -> None:
    async def watch() -> None:
        changes = Changes(ping_s=0.01, gap_s=0)
        page = changes.stream()
        await _next(page)
        for _ in range(50):
            changes.publish()
        assert "event: changed" in await _next(page)
        assert (await _next(page)).startswith(":")

    asyncio.run(watch())


def test_streams_end_when_the_office_does() -> None:
    async def watch() -> None:
        changes = Changes(gap_s=0)
        page = changes.stream()
        await _next(page)
        threading.Thread(target=changes.close).start()
        rest = [word async for word in page]
        assert len(rest) <= 1
        assert changes.pages == 0
        assert len([word async for word in changes.stream()]) == 1

    asyncio.run(watch())


def test_a_page_whose_loop_is_gone_disturbs_nobody() -> None:
    changes = Changes()
    loop = asyncio.new_event_loop()
    page = changes.stream()
    loop.run_until_complete(_next(page))
    loop.close()
    changes.publish()
    assert changes.pages == 1
