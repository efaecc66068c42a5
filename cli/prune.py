"""`stagecast prune`: the folders of old jobs leave the blob store, and the keys that stood for them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Annotated

import typer
from obstore.exceptions import BaseError as StoreError
from obstore.store import ObjectStore

from cli.age import parse_age
from cli.errors import CannotDoError
from cli.faults import faults_said
from cli.job_folder import JobFolder, Keep, Remove, judge, old_job_ids, read_folder, remove_folder
from cli.key_record import KeyRecord, judge_key, keys, remove_key, standing_jobs
from cli.output import shown
from contracts.blobs import open_store
from contracts.settings import SharedSettings, read_settings

AT_A_TIME = 16


@dataclass
class Pruning:
    """One run over the store, and what it did."""

    store: ObjectStore
    before: datetime
    unstarted: bool = False
    dry_run: bool = False
    removed: list[JobFolder] = field(default_factory=list)
    removed_keys: int = 0
    kept: Counter[str] = field(default_factory=Counter)  # by reason
    faults: list[str] = field(default_factory=list)
    _counting: Lock = field(default_factory=Lock, repr=False)

    def run(self) -> None:
        """Look at every job that is old enough, then at the keys; each is removed right after it was judged."""
        job_ids = old_job_ids(self.store, self.before)
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            for _ in threads.map(self._look_at, job_ids):
                pass  # what one raised is raised here
        gone = {folder.job_id for folder in self.removed}
        for key in keys(self.store):
            self._look_at_key(key, gone)

    def said(self) -> str:
        """What it did, in a sentence."""
        size = sum(folder.size for folder in self.removed)
        verb = "would remove" if self.dry_run else "removed"
        words = f"{verb} {len(self.removed)} jobs, {size} bytes, {self.removed_keys} keys"
        kept = ", ".join(f"{count} {reason}" for reason, count in sorted(self.kept.items()))
        return f"{words}; kept: {kept}" if kept else words

    def _look_at(self, job_id: str) -> None:
        try:
            self._prune(job_id)
        except (OSError, StoreError) as error:  # of one job: the others go on
            self.faults.append(f"{job_id}: {shown(str(error))}")

    def _look_at_key(self, key: KeyRecord, gone: set[str]) -> None:
        """`gone` are the jobs that this run has removed, or would."""
        try:
            standing = standing_jobs(self.store, key) - gone
            if isinstance(judge_key(key, before=self.before, standing=standing), Keep):
                return
            if not self.dry_run:
                remove_key(self.store, key)
            self.removed_keys += 1
        except (OSError, StoreError) as error:
            self.faults.append(f"{key.path}: {shown(str(error))}")

    def _prune(self, job_id: str) -> None:
        folder = read_folder(self.store, job_id)
        match judge(folder, before=self.before, now=datetime.now(UTC), unstarted=self.unstarted):
            case Keep(reason):
                with self._counting:
                    self.kept[reason] += 1
            case Remove():
                if not self.dry_run:
                    remove_folder(self.store, folder)
                self.removed.append(folder)


def prune_command(
    older_than: Annotated[str, typer.Option(help="90s, 45m, 12h, 30d or 2w since the job's end.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Remove nothing; name what would go.")] = False,
    unstarted: Annotated[
        bool, typer.Option("--unstarted", help="Also jobs that no processor began; when no queue holds any.")
    ] = False,
) -> None:
    """Remove files, records and keys of jobs that ended long ago; never those of a job that is not over."""
    with faults_said():
        settings = read_settings(SharedSettings)
        before = datetime.now(UTC) - _age(older_than)
        pruning = Pruning(open_store(settings.store_url), before, unstarted=unstarted, dry_run=dry_run)
        pruning.run()
        for folder in pruning.removed if dry_run else ():
            state = folder.record.state if folder.record else "not accepted"
            typer.echo(f"{folder.job_id}  {state}  {folder.size} bytes")
        typer.echo(f"{pruning.said()} (in {settings.store_url})")
        for fault in pruning.faults:
            typer.echo(fault, err=True)
        if pruning.faults:
            raise typer.Exit(1)


def _age(text: str) -> timedelta:
    try:
        return parse_age(text)
    except ValueError as error:
        raise CannotDoError(f"--older-than: {error}") from error
