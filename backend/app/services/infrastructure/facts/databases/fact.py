"""The fact: which databases run on a machine."""

from app.ports.shell import CommandResult, Outcome
from app.services.core.facts import Fact, Unparsable
from app.services.infrastructure.facts.databases.found import FoundDatabases
from app.services.infrastructure.facts.databases.reader import FACT, read_databases
from app.services.infrastructure.facts.databases.script import LOOK


class DatabasesFact(Fact[FoundDatabases]):
    """Found from processes and listening sockets, without any login to them."""

    is_rare = True
    name = FACT
    title = "Databases"
    commands = (LOOK,)
    programs = ("grep", "sed", "awk")
    value = FoundDatabases

    def parse(self, results: tuple[CommandResult, ...]) -> FoundDatabases | None:
        """Read the answer; a machine without databases has an empty list, which is an answer."""
        result = results[0]
        if result.outcome is Outcome.TIMED_OUT:
            return None
        if result.outcome is not Outcome.RAN or result.exit_status != 0:
            raise Unparsable(self.name, result.stderr.strip()[:200] or "no whole answer")
        try:
            return FoundDatabases(databases=read_databases(result.stdout))
        except ValueError as error:  # a number that is none
            raise Unparsable(self.name, "not the answer of the search") from error
