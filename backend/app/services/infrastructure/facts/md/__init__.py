"""Linux software RAID (md): its arrays, their members, and what runs on them."""
