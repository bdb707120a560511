"""Assembly of the background worker: jobs live in the database, in the data's transaction."""

from procrastinate import App


def on_app_ready(app: App) -> None:
    """Periodic tasks that belong to no app: stalled jobs of a killed worker, old jobs."""

    @app.periodic(cron="* * * * *", periodic_id="stalled")
    @app.task(name="portal.retry_stalled", queueing_lock="portal.retry_stalled", pass_context=False)
    async def retry_stalled(timestamp: int) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=30):
            await app.job_manager.retry_job(job)

    @app.periodic(cron="17 3 * * *", periodic_id="old")
    @app.task(name="portal.remove_old", queueing_lock="portal.remove_old")
    async def remove_old(timestamp: int) -> None:
        await app.job_manager.delete_old_jobs(nb_hours=24 * 30)
