"""Mail by SMTP, in a thread: the library blocks, its time-out bounds it."""

import base64
import smtplib
import socket
import ssl
import time
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING

from app.adapters.notify.dialing import Dialing
from app.kernel.text import printable
from app.ports.notifier import EmailAddress, MailSecurity, Message, NotDelivered, Receipt

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_FINAL = range(500, 600)
_NUL = "\0"


def write(address: EmailAddress, message: Message) -> EmailMessage:
    """Write the mail. Its id is made of the message's key alone: a duplicate carries the same."""
    domain = address.sender.rpartition("@")[2].rstrip(">") or "unity"
    mail = EmailMessage()
    mail["Message-ID"] = f"<{message.key}@{domain}>"
    mail["References"] = f"<{message.thread}@{domain}>"
    mail["Date"] = format_datetime(message.at)
    mail["From"] = address.sender
    mail["To"] = ", ".join(address.recipients)
    mail["Subject"] = " ".join(message.title.split())
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday replies stay away
    if message.severity == "critical" and not message.is_over:
        mail["X-Priority"] = "1"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    return mail


class _Server(smtplib.SMTP):
    """Speaks to the address that was checked, under the name that was asked for.

    The time is for the whole conversation: a server that answers each line slowly gets no more.
    """

    def __init__(self, dialing: Dialing, seconds: float, host: str) -> None:
        self._dialing = dialing
        self._end = time.monotonic() + seconds
        super().__init__(timeout=seconds)
        # smtplib knows the name only when its constructor connects; STARTTLS checks against it.
        self._host = host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        address = self._dialing.resolve(host, port)
        return socket.create_connection((address, port), min(timeout, self._left()))

    def send(self, s: "ReadableBuffer | str") -> None:
        """Send what fits into the time that is left."""
        self._hurry()
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        """Wait for the answer as long as there is time."""
        self._hurry()
        return super().getreply()

    def _hurry(self) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left


class _SecureServer(_Server):
    """The same, over TLS from the first byte."""

    def __init__(
        self, dialing: Dialing, seconds: float, host: str, context: ssl.SSLContext
    ) -> None:
        self._context = context
        super().__init__(dialing, seconds, host)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = super()._get_socket(host, port, timeout)
        return self._context.wrap_socket(plain, server_hostname=host)


def deliver(dialing: Dialing, seconds: float, address: EmailAddress, message: Message) -> Receipt:
    """Hand the mail over; blocks."""
    context = ssl.create_default_context()
    if not address.verifies_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    server = (
        _SecureServer(dialing, seconds, address.host, context)
        if address.security is MailSecurity.TLS
        else _Server(dialing, seconds, address.host)
    )
    try:
        return _converse(server, address, message, context)
    except smtplib.SMTPResponseException as error:
        raise _refused(address, error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise _refused(address, code, said) from None
    except UnicodeError:
        raise NotDelivered(
            "Sender or recipients hold letters outside of ASCII, which mail servers seldom take:"
            " write them without.",
            is_final=True,
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        why = printable(str(error)).rstrip(".")[:200] or type(error).__name__
        raise NotDelivered(f"{printable(address.host)} did not take the mail: {why}.") from None
    finally:
        server.close()


def _converse(
    server: smtplib.SMTP, address: EmailAddress, message: Message, context: ssl.SSLContext
) -> Receipt:
    code, said = server.connect(address.host, address.port)
    if code != 220:  # noqa: PLR2004 - RFC 5321, section 4.2: ready
        raise smtplib.SMTPResponseException(code, said)
    server.ehlo_or_helo_if_needed()
    if address.security is MailSecurity.STARTTLS:
        server.starttls(context=context)
        server.ehlo()
    if address.username:
        _log_in(server, address.username, address.password)
    mail = write(address, message)
    server.mail(mail["From"].addresses[0].addr_spec)
    refused = _name_recipients(server, address)
    code, said = server.data(mail.as_bytes(policy=mail.policy.clone(linesep="\r\n")))
    if code != 250:  # noqa: PLR2004 - "done" in SMTP
        raise smtplib.SMTPDataError(code, said)
    answer = f"{printable(address.host)} answered {code} {_text(said)}"
    return Receipt(answer + (f" ({refused})" if refused else ""))


def _log_in(server: smtplib.SMTP, name: str, password: str) -> None:
    """Log in, with other letters than smtplib's, which are those of ASCII, in UTF-8 (RFC 4616)."""
    if f"{name}{password}".isascii():
        server.login(name, password)
        return
    ways = server.esmtp_features.get("auth", "").upper().split()
    if "PLAIN" in ways:
        code, said = server.docmd("AUTH", f"PLAIN {_spelt(f'{_NUL}{name}{_NUL}{password}')}")
    elif "LOGIN" in ways:
        code, said = server.docmd("AUTH", f"LOGIN {_spelt(name)}")
        if code == 334:  # noqa: PLR2004 - RFC 4954, section 4: go on
            code, said = server.docmd(_spelt(password))
    else:
        raise smtplib.SMTPException("it offers no way to log in with such a name or password")
    if code != 235:  # noqa: PLR2004 - RFC 4954: logged in
        raise smtplib.SMTPAuthenticationError(code, said)


def _spelt(words: str) -> str:
    return base64.b64encode(words.encode("utf-8", "replace")).decode()


def _name_recipients(server: smtplib.SMTP, address: EmailAddress) -> str:
    """Name everybody; some may be refused as long as one is not."""
    failed: dict[str, tuple[int, bytes]] = {}
    for recipient in address.recipients:
        code, said = server.rcpt(recipient)
        if code not in (250, 251):
            failed[recipient] = (code, said)
    if len(failed) == len(address.recipients):
        raise smtplib.SMTPRecipientsRefused(failed)
    if not failed:
        return ""
    code, said = next(iter(failed.values()))
    return f"{len(failed)} of {len(address.recipients)} recipients refused: {code} {_text(said)}"


def _refused(address: EmailAddress, code: int, said: bytes | str) -> NotDelivered:
    return NotDelivered(
        f"{printable(address.host)} answered {code} {_text(said)}", is_final=code in _FINAL
    )


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(printable(text).split())[:200]
