"""Geometry: parameters, the forge and what its confined jobs make."""
