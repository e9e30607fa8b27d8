import pytest
from sandbox_clients import Clock, Graph, Oa, Tube, picture, running
from stage_set import FakePublisher, Office
from town import HURRY, Town

from asean_social.decisions import Policy
from asean_social.sandbox.server import Sandbox


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory):
    """Nothing that was found out in an earlier run, and nothing left on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASEAN_SOCIAL_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("ASEAN_SOCIAL_STATE", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox(processing_seconds=0.2, verify_seconds=0.2, media_dir=tmp_path / "public") as running:
        yield running


@pytest.fixture
def town(tmp_path, sandbox, monkeypatch):
    for name, value in HURRY.items():
        monkeypatch.setenv(name, value)
    return Town(tmp_path / "office", sandbox)


@pytest.fixture
def make(tmp_path, request):
    """An office whose publishers are of a class of their own, so that what it is told stays in this test."""

    def _make(kind=FakePublisher, policy=None, clock=None, **values):
        more = {"clock": clock} if clock else {}
        office = Office(tmp_path, kind=type("Here", (kind,), values), policy=policy or Policy(), **more)
        request.addfinalizer(office.ledger.close)
        return office

    return _make


# -- the sandbox asked with plain HTTP: one for each module, with the options its SANDBOX names, reset for each test


@pytest.fixture(scope="module")
def clock():
    return Clock()


@pytest.fixture(scope="module")
def shared(request, clock):
    with running(clock, **getattr(request.module, "SANDBOX", {})) as box:
        yield box


@pytest.fixture
def box(shared):
    shared.reset()
    (shared.media_dir / "cover.jpg").write_bytes(picture())
    return shared


@pytest.fixture
def graph(box):
    return Graph(box)


@pytest.fixture
def tube(box):
    return Tube(box)


@pytest.fixture
def oa(box):
    return Oa(box)
