"""The read side: live streams of events out."""
