"""What people look at while a deployment is watched: from the history to a board, on a terminal and on a page."""
