"""Modules that stand empty until they are asked; each in a process of its own, with a package made for it."""

import subprocess
import sys
from pathlib import Path

import pytest

FILES = {
    "__init__.py": "print('package')\nfrom . import part\nfrom shop.part import PRICE\ndef open_up(): return 'open'\n",
    "part.py": "print('part')\nfrom . import shelf\nPRICE = 3\n",
    "shelf.py": "print('shelf')\ndef count(by): return 2 * by\n",
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    for name, text in FILES.items():
        (tmp_path / "shop" / name).write_text(text)
    return tmp_path


def told(shop: Path, code: str) -> list[str]:
    """What is said when `code` runs."""
    run = [sys.executable, "-c", f"import sys\nsys.path.insert(0, {str(shop)!r})\nfrom drivers import standin\n{code}"]
    return subprocess.run(run, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout.split()


def test_who_imports_it_loads_nothing(shop: Path) -> None:
    assert told(shop, "standin.put('shop'); import shop") == []


def test_its_parts_are_loaded_alone_and_find_each_other(shop: Path) -> None:
    assert told(shop, "standin.put('shop'); import shop.part; print(shop.part.PRICE)") == ["part", "shelf", "3"]


def test_a_part_is_there_for_who_did_not_import_it_by_name(shop: Path) -> None:
    assert told(shop, "standin.put('shop'); import shop; print(shop.shelf.count(1))") == ["shelf", "2"]


def test_it_is_whole_as_soon_as_somebody_asks_it_for_more(shop: Path) -> None:
    code = "standin.put('shop'); import shop; print(shop.PRICE, shop.open_up(), shop.part.PRICE)"
    assert told(shop, code) == ["package", "part", "shelf", "3", "open", "3"]


def test_what_it_does_not_have_it_does_not_have_either_when_it_is_whole(shop: Path) -> None:
    code = "standin.put('shop'); import shop; print(hasattr(shop, '__version__'))"
    assert told(shop, code) == ["False"]
    assert told(shop, f"{code}; print(hasattr(shop, 'till'))") == ["False", "package", "part", "shelf", "False"]


def test_a_part_of_a_package_stands_empty_beside_the_whole_package(shop: Path) -> None:
    code = "standin.put('shop'); standin.put('shop.shelf'); import shop.shelf"
    assert told(shop, f"{code}; print('not yet'); print(shop.shelf.count(2))") == ["not", "yet", "shelf", "4"]


def test_a_function_can_be_had_before_and_makes_it_whole_when_it_is_called(shop: Path) -> None:
    code = "standin.put('shop.shelf', 'count'); from shop.shelf import count; print('not yet'); print(count(by=2))"
    assert told(shop, f"standin.put('shop'); {code}; print(count(3))") == ["not", "yet", "shelf", "4", "6"]


def test_one_that_is_loaded_stays_as_it_is(shop: Path) -> None:
    assert told(shop, "import shop; standin.put('shop'); print(shop.PRICE)") == ["package", "part", "shelf", "3"]


def test_one_that_is_not_installed_is_said_to_be_missing(shop: Path) -> None:
    code = "try: standin.put('shoppe')\nexcept ModuleNotFoundError as error: print(error.name)"
    assert told(shop, code) == ["shoppe"]


def test_several_threads_that_ask_at_once_all_find_it_whole(shop: Path) -> None:
    """Its code goes on only when all of them are about to ask."""
    (shop / "slow.py").write_text("for _ in range(4): asked.acquire()\ndef count(by): return 2 * by\n")
    code = """
import builtins, threading
from concurrent.futures import ThreadPoolExecutor
builtins.asked = threading.Semaphore(0)
standin.put('slow')
import slow
def ask(number):
    asked.release()
    return slow.count(number)
with ThreadPoolExecutor(4) as pool:
    print(*pool.map(ask, range(4)))
"""
    assert told(shop, code) == ["0", "2", "4", "6"]


def test_one_whose_code_breaks_breaks_again_for_who_asks_again(shop: Path) -> None:
    (shop / "broken.py").write_text("raise OSError('no shelf')\n")
    ask = "try: broken.count\nexcept OSError as error: print(error)\n"
    assert told(shop, f"standin.put('broken'); import broken\n{ask}{ask}") == ["no", "shelf", "no", "shelf"]


def test_one_with_a_getattr_of_its_own_keeps_it(shop: Path) -> None:
    (shop / "till.py").write_text("def __getattr__(name): return name.upper()\n")
    assert told(shop, "standin.put('till'); import till; print(till.open, till.shut)") == ["OPEN", "SHUT"]
