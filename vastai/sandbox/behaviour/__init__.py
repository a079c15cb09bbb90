"""What each request does to the sandbox's world: one function per verb and path, grouped by what they are about."""
