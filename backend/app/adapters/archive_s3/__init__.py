"""Archives in a bucket of anything that speaks S3."""

from app.adapters.archive_s3.bucket import open_bucket

__all__ = ["open_bucket"]
