"""What is printed: one file for each kind of sheet, set in HTML and CSS of the design."""
