"""Keeps in the tab what no address can hold."""
