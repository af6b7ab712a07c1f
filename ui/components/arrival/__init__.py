"""Takes the visitor to a part of the page that an action elsewhere has made or filled."""
