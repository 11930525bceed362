"""What a machine says it is: questions that move and heat nothing, their answers, and the profile they suggest."""
