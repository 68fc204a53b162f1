"""What is measured of movement, pictures and sound: numpy only, the same in training and on stage."""
