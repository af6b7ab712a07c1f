"""The Classify page: the contest of classifiers, its charts, and the digits behind the figures."""
