"""Full-text search that finds Chinese names by any two characters, by pinyin and by telephone tail."""
