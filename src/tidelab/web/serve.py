"""Serves an application, and refuses to do so in the open without TLS."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from tidelab.errors import TidelabError


@dataclass(frozen=True)
class Address:
    """Where a server listens. TidelabError where that would send answers and links unencrypted through a network."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None
    proxy: str = ""
    """Address or network of the proxy with TLS before it, several with commas; empty: none. What anybody else forwards is not believed."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise TidelabError("TLS needs a certificate and its key", where="--tls-cert, --tls-key", mend="give both files")
        for file in (self.certificate, self.key):
            if file is not None and not file.is_file():
                raise TidelabError("there is no such file", where=str(file), mend="give the files of a TLS certificate in PEM form")
        for part in filter(None, self.proxy.split(",")):
            try:
                ipaddress.ip_network(part.strip())
            except ValueError:
                mend = "give the proxy's own address as this server sees it: 127.0.0.1 where it runs on this machine, or 10.0.0.0/24"
                raise TidelabError(f"`{part}` is no address or network", where="--behind-proxy", mend=mend) from None
        if not (_loopback(self.host) or self.certificate or self.proxy):
            raise TidelabError(
                f"`{self.host}` can be reached from other machines, and without TLS anybody between could read along",
                where="--host",
                mend="give --tls-cert and --tls-key; or --behind-proxy ADDRESS if a proxy with TLS stands before it; or leave --host out",
            )

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it."""
        return _loopback(self.host) and not self.proxy

    @property
    def secure(self) -> bool:
        """Whether browsers come through TLS."""
        return self.certificate is not None or bool(self.proxy)

    @property
    def url(self) -> str:
        """What a browser on this machine opens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


def serve(app: FastAPI, address: Address) -> None:
    """Until Ctrl-C. uvicorn's own access log stays off: it would hold addresses and the tokens of links."""
    import uvicorn

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logger = logging.getLogger("tidelab.web")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    uvicorn.run(
        app,
        host=address.host,
        port=address.port,
        ssl_certfile=address.certificate,
        ssl_keyfile=address.key,
        proxy_headers=bool(address.proxy),
        # Named, never `*`: else whoever asks could give a new address with each request, and rate limits would hold nobody.
        forwarded_allow_ips=[part.strip() for part in address.proxy.split(",")],
        access_log=False,
        log_level="warning",
        server_header=False,
        timeout_keep_alive=75,  # people read longer than the usual 5 s; an answer must not meet a connection that is being closed
    )


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
