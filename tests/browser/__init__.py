"""What a browser does with the pages that instructors and students open; nothing may run."""
