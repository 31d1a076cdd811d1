"""What is set up on the machine before anything breaks."""

# The table is written by hand: Debian's minimal system has no program for it.
PARTITION = """
import struct, sys
def entry(start, size):
    return struct.pack("<B3sB3sII", 0, b"\\xfe\\xff\\xff", 0x83, b"\\xfe\\xff\\xff", start, size)
first, whole = 130 * 2048, 300 * 2048
table = entry(2048, first) + entry(2048 + first, whole - first - 4096)
open(sys.argv[1], "r+b").write(bytes(446) + table + bytes(32) + b"\\x55\\xaa")
"""
_DISKS = """
# A list of packages takes a minute here, and is not what is tried.
[ ! -e /usr/bin/apt-get ] || mv /usr/bin/apt-get /usr/bin/apt-get.aside
[ ! -e /root/prepared ] || exit 0
for disk in a b c d; do
  python3 /root/partition.py /dev/sd$disk
  blockdev --rereadpt /dev/sd$disk
done
udevadm settle
"""
_ZFS = """
modprobe zfs
zpool create -f tank mirror /dev/sda2 /dev/sdb2
dd if=/dev/urandom of=/tank/one bs=1M count=40 status=none
sync
"""
_END = "touch /root/prepared\n"
THIN = """
lvcreate -q -y --type thin-pool -L 60M -n thin data
lvcreate -q -y -V 100M --thinpool data/thin -n files
"""
POOLS = (
    _DISKS
    + """
mdadm --create /dev/md0 --run --level=1 --raid-devices=2 --metadata=1.2 /dev/sda1 /dev/sdb1 2>&1
vgcreate -q data /dev/sdc1
"""
    + THIN
    + """
mkfs.btrfs -q -f -m raid1 -d raid1 -L pictures /dev/sdd1 /dev/sdc2
mkdir -p /srv/pictures
mount /dev/sdd1 /srv/pictures
dd if=/dev/urandom of=/srv/pictures/one bs=1M count=40 status=none
sync
"""
    + _ZFS
    + """
service postgresql start
service redis-server start
for n in $(seq 120); do grep -q resync /proc/mdstat || break; sleep 1; done
"""
    + _END
)
ZFS_ALONE = _DISKS + _ZFS + _END

# Stands in front of the machine's smartctl. What it replays keeps the identity of the drive, so
# that it is the same drive that becomes another; all the rest is the recording's.
REPLAY = b"""#!/usr/bin/python3
import json, os, subprocess, sys
done = subprocess.run(["/usr/sbin/smartctl.real", *sys.argv[1:]], capture_output=True, text=True)
text, code, path = done.stdout, done.returncode, "/run/replay-" + os.path.basename(sys.argv[-1])
if "-x" in sys.argv and os.path.exists(path):
    own, recorded = json.loads(text), json.load(open(path))
    if "attributes" in recorded:  # rows of the table alone
        own["ata_smart_attributes"]["table"] = recorded["attributes"]
        recorded = own
    for name in ("device", "model_name", "model_family", "serial_number", "wwn", "user_capacity"):
        recorded.pop(name, None)
        if name in own:
            recorded[name] = own[name]
    text, code = json.dumps(recorded), recorded["smartctl"]["exit_status"]
sys.stdout.write(text)
sys.exit(code)
"""
