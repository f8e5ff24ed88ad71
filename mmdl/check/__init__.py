"""A teacher for the exercises of the lessons: holds a student's function against ours, and says what is wrong with it."""
