"""What the notebooks share: their exercises, the record at their end, and the results of long cells."""
