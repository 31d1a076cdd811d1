"""How a machine is asked which databases run on it: one small shell script that only reads.

It looks at the names of the processes first and ends there where none is a database, so that most
machines pay for one `grep`. Of a database it prints what /proc tells: arguments, user, cgroup,
listening sockets; and, to root or the database's own user only, its folder and open sockets.
"""

from app.ports.shell import Command

NAMES = (
    "postgres",
    "postmaster",
    "mysqld",
    "mariadbd",
    "mongod",
    "ferretdb",
    "redis-server",
    "valkey-server",
    "keydb-server",
    "redis-sentinel",
    "valkey-sentinel",
    "minio",
)
# The children of a server have its name too: of a family only the first is printed. Each line
# begins with what it is; `p` opens a process, `h` is the machine itself.
_SCRIPT = r"""
pids=; for f in $(grep -lsxE '%NAMES%' /proc/[0-9]*/comm); do
f=${f#/proc/}; pids="$pids ${f%/comm}"; done
[ -n "$pids" ] || { echo none; exit 0; }
kernel='proc|sysfs|cgroup2?|tmpfs|nsfs|devpts|mqueue|devtmpfs'
sockets() {
grep -hs ' 0A ' /proc/$1/net/tcp | sed 's/^/t /'
grep -hs ' 0A ' /proc/$1/net/tcp6 | sed 's/^/t /'
grep -hs ' 00010000 ' /proc/$1/net/unix | sed 's/^/u /'
awk '/32 host/{print "a " f} {f=$2}' /proc/$1/net/fib_trie 2>/dev/null
}
arguments() { tr '\000' '\n' < /proc/$1/cmdline 2>/dev/null | grep . | head -n 60; }
echo h; sockets self
grep -vsE " - ($kernel|overlay) " /proc/self/mountinfo | sed 's/^/m /'
for p in $pids; do
read -r _ name _ parent _ < /proc/$p/stat 2>/dev/null || continue
case " $pids " in *" $parent "*)
read -r _ above _ < /proc/$parent/stat 2>/dev/null; [ "$above" = "$name" ] && continue;; esac
echo "p $p $name"
grep -s '^Uid:' /proc/$p/status | sed 's/^/i /'
arguments $p | cut -c1-400 | sed 's/^/c /'
sed 's/^/g /' /proc/$p/cgroup 2>/dev/null
e=$(readlink /proc/$p/exe 2>/dev/null) && echo "e $e"
if w=$(readlink /proc/$p/cwd 2>/dev/null); then
echo "w $w"
ls -l /proc/$p/fd 2>/dev/null | sed -n 's/.*socket:\[\([0-9]*\)\].*/s \1/p' | head -n 64
case $name in *postgres*|*postmaster*)
head -n 1 "/proc/$p/cwd/PG_VERSION" 2>/dev/null | sed 's/^/v /'
sed -n '4,5s/^/q /p' "/proc/$p/cwd/postmaster.pid" 2>/dev/null;;
esac; fi
for f in $(arguments $p | sed -n 's/^config_file=\(\/[A-Za-z0-9._/-]*\)$/\1/p'); do
grep -hsE '^[[:space:]]*(port|unix_socket_directories)[[:space:]=]' "$f" | sed 's/^/k /'
done
if grep -qsE 'docker|libpod|containerd|kubepods|lxc|nspawn|machine-' /proc/$p/cgroup; then
sockets $p
grep -vsE " - ($kernel) " /proc/$p/mountinfo | sed 's/^/m /'
fi
done
""".replace("%NAMES%", "|".join(NAMES))

LOOK = Command(("sh", "-c", _SCRIPT), seconds=8.0)
