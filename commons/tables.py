"""Imports every table, so that `Base.metadata` is whole wherever this is imported."""

from commons.accounts import models as accounts
from commons.agents import models as agents
from commons.catalog import models as catalog
from commons.catalog.sampling import models as sampling
from commons.db import Base
from commons.orders import models as orders
from commons.remix import models as remix
from commons.work import models as work
from commons.workshops import models as workshops

MODELS = (accounts, agents, catalog, orders, remix, sampling, work, workshops)
metadata = Base.metadata
