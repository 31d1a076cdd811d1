"""The names of rights and roles; what a role may do stands in services/core/permissions.py."""

from enum import StrEnum


class P(StrEnum):
    """A right, as `noun:verb`. Every endpoint names exactly one, or is public."""

    SELF = "self:manage"  # the own profile, password, sessions and tokens: everyone has it
    SYSTEM_READ = "system:read"
    SETTINGS_MANAGE = "settings:manage"
    USERS_READ = "users:read"
    USERS_MANAGE = "users:manage"
    TOKENS_MANAGE = "tokens:manage"  # the tokens of others
    AUDIT_READ = "audit:read"
    AUDIT_EXPORT = "audit:export"
    JOBS_READ = "jobs:read"
    JOBS_MANAGE = "jobs:manage"
    METRICS_READ = "metrics:read"
    RESOURCES_READ = "resources:read"
    RESOURCES_MANAGE = "resources:manage"  # tags, groups, maintenance
    SERVERS_READ = "servers:read"
    SERVERS_COLLECT = "servers:collect"  # test the connection, collect now
    SERVERS_MANAGE = "servers:manage"
    CREDENTIALS_READ = "credentials:read"  # names and uses, never secrets
    CREDENTIALS_MANAGE = "credentials:manage"
    ALERTS_READ = "alerts:read"
    ALERTS_MANAGE = "alerts:manage"
    NOTIFICATIONS_MANAGE = "notifications:manage"  # channels may reach the home network
    BACKUP_MANAGE = "backup:manage"
    PLUGINS_READ = "plugins:read"
    PLUGINS_RUN = "plugins:run"  # run now, switch on and off
    PLUGINS_MANAGE = "plugins:manage"  # an instance asks whatever address was entered
    ASSISTANT_USE = "assistant:use"  # each use may cost money and sends data out


class Role(StrEnum):
    """What a person is to this Unity."""

    ADMIN = "admin"
    OPERATOR = "operator"
    VIEWER = "viewer"
    NONE = "none"  # nothing by itself: what counts is granted for single groups
