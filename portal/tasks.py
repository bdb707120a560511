"""Assembly of the background worker: jobs live in the database, in the data's transaction."""

from procrastinate import App

from portal import jobs


def on_app_ready(app: App) -> None:
    """Periodic tasks that belong to no app: stalled jobs of a killed worker, old jobs.

    Every job leaves its mark (`portal.jobs`): when it ran, what it did, why it failed.
    """
    defaults = app.worker_defaults
    wrapped = [*(defaults.get("task_middleware") or []), jobs.mark, jobs.mark_async]
    app.worker_defaults = {**defaults, "task_middleware": wrapped}

    @app.periodic(cron="* * * * *", periodic_id="stalled")
    @app.task(name="portal.retry_stalled", queueing_lock="portal.retry_stalled", pass_context=False)
    async def retry_stalled(timestamp: int) -> int:
        found = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=30))
        for job in found:
            await app.job_manager.retry_job(job)
        return len(found)

    @app.periodic(cron="17 3 * * *", periodic_id="old")
    @app.task(name="portal.remove_old", queueing_lock="portal.remove_old")
    async def remove_old(timestamp: int) -> None:
        await app.job_manager.delete_old_jobs(nb_hours=24 * 30)

    @app.periodic(cron="37 3 * * *", periodic_id="keys")
    @app.task(name="portal.forget_keys", queueing_lock="portal.forget_keys")
    def forget_keys(timestamp: int) -> int:
        from django.utils import timezone  # noqa: PLC0415  apps are not ready when this is read

        from portal.api import idempotency  # noqa: PLC0415

        return idempotency.forget_keys(timezone.now())
