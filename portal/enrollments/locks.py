"""Rows that are about to be changed: nobody else changes them until the transaction ends."""

from uuid import UUID

from portal import db
from portal.enrollments.tables import Application
from portal.errors import NotFound


async def locked_application(application_id: UUID) -> Application:
    """Raises NotFound."""
    application = await db.for_update(Application.objects().where(Application.id == application_id)).first()
    if application is None:
        raise NotFound
    return application
