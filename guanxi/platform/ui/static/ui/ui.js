// The hand's part of every page. Nothing here is needed to reach or save anything.
