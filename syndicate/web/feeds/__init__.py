"""Published files as feed readers fetch them."""
