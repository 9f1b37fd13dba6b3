"""How bytes come and go. One file is one way in: a folder, a ZIP, standard input."""
