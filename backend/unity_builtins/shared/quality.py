"""What the built-in plugins claim on the quality scale; the machine and the tests check it."""

from collections.abc import Mapping

from unity_plugin import DONE, exempt

ALL: Mapping[str, str] = {
    "form-words": DONE,
    "secrets-marked": DONE,
    "test-before-save": DONE,
    "contract-test": DONE,
    "metric-units": DONE,
    "errors-in-words": DONE,
    "login-refused": DONE,
    "strange-answers": DONE,
    "metrics-declared": DONE,
    "alert-types": DONE,
    "facts-and-pages": DONE,
    "described": DONE,
    "allowed-network": DONE,
    "two-versions": DONE,
    "strict-types": DONE,
}
NO_LOGIN = exempt("It logs in nowhere.")
OWN_TRUST = exempt("It pins certificates and times each step, on addresses that run.network gave.")
ONE_PROTOCOL = exempt("The protocol has one version in use.")


def quality(**other: str) -> Mapping[str, str]:
    """Return the claims; keywords replace some, with underscores for the hyphens."""
    return {**ALL, **{key.replace("_", "-"): claim for key, claim in other.items()}}
