"""A server behind a proxy: who asks is whom the named proxy forwards, and nobody can give himself another address."""

import urllib.error
import urllib.request

import pytest

from tests.review.runs import make
from tests.server import Server
from tidelab.errors import TidelabError
from tidelab.review.app import open_database
from tidelab.web import people
from tidelab.web.limits import Guesses
from tidelab.web.serve import Address


class Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(server, path, **headers):
    """Status and headers of what a proxy on this machine gets."""
    request = urllib.request.Request(server.url + path, headers=headers)
    try:
        with urllib.request.build_opener(Stay).open(request, timeout=20) as got:
            return got.status, got.headers
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers


@pytest.fixture
def run(tmp_path):
    make(tmp_path / "run", 2)
    return tmp_path / "run"


@pytest.mark.slow
def test_a_guesser_is_known_by_the_address_that_the_proxy_saw_and_not_by_one_that_he_made_up(run):
    server = Server("review", run, "--behind-proxy", "127.0.0.1").start()
    try:
        for i in range(Guesses.MOST):  # a client may send the header too; a proxy adds what it saw at the end
            assert ask(server, "/enter/guess", **{"X-Forwarded-For": f"198.51.100.{i}, 203.0.113.5"})[0] == 403
        assert ask(server, "/enter/guess", **{"X-Forwarded-For": "198.51.100.77, 203.0.113.5"})[0] == 429
        assert ask(server, "/enter/guess", **{"X-Forwarded-For": "203.0.113.6"})[0] == 403
        database = open_database(f"sqlite:///{run / 'review' / 'review.db'}")
        token, _ = people.invite(database, "A", "reviewer", 1)
        database.close()
        status, headers = ask(server, f"/enter/{token}", **{"X-Forwarded-For": "203.0.113.6", "X-Forwarded-Proto": "https"})
        assert status == 303 and "secure" in headers["Set-Cookie"].lower()
    finally:
        server.kill()


@pytest.mark.slow
def test_without_a_proxy_nothing_that_is_forwarded_is_believed(run):
    server = Server("review", run).start()
    try:
        told = [ask(server, "/enter/guess", **{"X-Forwarded-For": f"203.0.113.{i}"})[0] for i in range(Guesses.MOST + 1)]
        assert told == [403] * Guesses.MOST + [429]
    finally:
        server.kill()


@pytest.mark.parametrize("address", ["*", "yes", "10.0.0.5/24", "proxy.example"])
def test_a_proxy_has_an_address_or_a_network(address):
    with pytest.raises(TidelabError, match="no address or network"):
        Address("0.0.0.0", 8000, proxy=address)
