"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from guanxi.interfaces.collecting import settle
from guanxi.platform.jobs.orphans import in_web_process

os.umask(0o077)  # under whatever server: uploads and the database are nobody else's on this machine
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.settings")
in_web_process()
application = get_wsgi_application()
settle()
