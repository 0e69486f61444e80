"""Matching: profiles against papers, scores, reasons, and the choice of picks."""
