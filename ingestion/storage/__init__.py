"""The landing and what stands beside it on disk: rows on their way, logs of reads, damage."""
