"""Words of the jobs' page for templates."""

from django import template

from portal import wording_jobs

register = template.Library()
register.filter("task_words", wording_jobs.word_task)
register.filter("cron_words", wording_jobs.word_cron)
register.filter("warning_words", wording_jobs.word_warning)
