"""What smartctl and nvme-cli say of a drive, read into one shape for ATA, NVMe and SCSI."""
