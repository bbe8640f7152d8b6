"""A mail server on loopback that keeps what it is given: enough SMTP (RFC 5321) for one message."""

from __future__ import annotations

import socketserver
import threading


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 loopback")
        for line in iter(self.rfile.readline, b""):
            word = line.split()[0].upper().decode() if line.split() else ""
            self.server.heard.append(line.decode().strip())
            if word == "DATA":
                self._take_mail()
            elif word == "AUTH":
                self._say("535 no" if self.server.refuses_login else "235 welcome")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250-loopback\r\n250 AUTH PLAIN" if word == "EHLO" else "250 ok")

    def _take_mail(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        self.server.mails.append(b"".join(lines))
        self._say("250 kept")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    """`mails` is what arrived, `heard` every line of the talk."""

    daemon_threads = True

    def __init__(self, *, refuses_login: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[bytes] = []
        self.heard: list[str] = []
        self.refuses_login = refuses_login
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> MailServer:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"
