"""Imported once by the process that local workers are forked from, so that they begin with it."""

from gradlab.grading.ahead import prepare

prepare()
