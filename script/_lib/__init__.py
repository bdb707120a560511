"""What script/run, script/test and script/manage share. Standard library only."""
