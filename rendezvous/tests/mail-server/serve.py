"""A mail server for tests: takes every letter and prints it as a line of JSON, after a first line with its port.

Left out: delivering anything.
"""

import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def say(value):
    print(json.dumps(value), flush=True)


class Letters:
    """What the server does with letters."""

    def __init__(self, refused):
        self.refused = refused

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refused and address.startswith(self.refused):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        part = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
        say({
            "to": envelope.rcpt_tos,
            "from": str(message["From"]),
            "subject": str(message["Subject"]),
            "text": part["plain"].get_content() if part["plain"] else None,
            "html": part["html"].get_content() if part["html"] else None,
            "encrypted": session.ssl is not None,
            "authenticated": bool(session.authenticated),
            "peer": session.peer[1],
        })
        return "250 OK"


async def serve(options):
    context = None
    if options.security != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)

    def authenticate(server, session, envelope, mechanism, data):
        wanted = LoginPassword(options.user.encode(), options.password.encode())
        return AuthResult(success=data == wanted, handled=False)

    def connection():
        starttls = options.security == "starttls"
        return SMTP(
            Letters(options.refuse),
            hostname="mail.test",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate if options.user else None,
            auth_required=bool(options.user),
            auth_require_tls=starttls,
            enable_SMTPUTF8=True,
        )

    implicit = context if options.security == "tls" else None
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", options.port, ssl=implicit)
    say({"port": server.sockets[0].getsockname()[1]})
    await server.serve_forever()


if __name__ == "__main__":
    # Clients that break off are what some tests are about.
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--security", choices=["none", "starttls", "tls"], default="none")
    parser.add_argument("--cert")
    parser.add_argument("--key")
    parser.add_argument("--user")
    parser.add_argument("--password")
    parser.add_argument("--refuse", help="the beginning of addresses that do not exist")
    asyncio.run(serve(parser.parse_args()))
