"""What all application servers share: how work is found, done and said in a conference's log."""
