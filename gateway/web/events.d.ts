/** What Stagecast sends: generated from `contracts/` by `make docs`. The words are in docs/events.md. */

/** A file that a stage made; it can be fetched as soon as an event names it. */
export type Artifact = {
  name: string;
  /** Bytes. */
  size: number;
  media_type: string;
  sha256?: string;
};

/** A request for work on one file, as every event about it repeats it. */
export type Job = {
  /** UUID version 7 (RFC 9562). */
  id: string;
  /** The file's name as its sender gave it, cleaned; never a path. */
  name: string;
  /** The file's length in bytes. */
  size: number;
  pipeline: string;
  /** A public pseudonym of the sender. */
  owner?: string;
  /** Of the file's bytes, as the gateway received them. */
  sha256?: string;
};

export type JobCancelled = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "job.cancelled";
  data: JobFact;
};

export type JobCompleted = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "job.completed";
  data: JobResultFact;
};

/** What every event says. Within one job, `(attempt, sequence)` only ever rises. */
export type JobFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
};

export type JobFailed = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "job.failed";
  data: JobFailureFact;
};

export type JobFailureFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  reason: string;
};

export type JobQueued = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "job.queued";
  data: JobFact;
};

export type JobResultFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  /** How long this attempt ran. */
  seconds: number;
  artifacts: readonly Artifact[];
};

export type JobRetrying = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "job.retrying";
  data: RetryFact;
};

/** A job as of the event `(attempt, sequence)`. */
export type JobSnapshot = {
  job: Job;
  state: JobState;
  attempt: number;
  sequence: number;
  overall: number;
  stages: readonly StageSnapshot[];
  artifacts: readonly Artifact[];
  /** Why it failed, or is tried again. */
  reason?: string;
  /** Not before this instant. */
  retry_at?: string;
  /** When the file was accepted. */
  queued_at: string;
  /** When the last attempt began. */
  started_at?: string;
  /** The time of the newest event: a running job speaks every 10 s. */
  heard_at: string;
  ended_at?: string;
  /** How long the last attempt ran, once it is complete. */
  seconds?: number;
};

export type JobStarted = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "job.started";
  data: PlanFact;
};

export type JobState = "queued" | "running" | "retrying" | "completed" | "failed" | "cancelled";

/** The stages that will run, in order. */
export type PlanFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  stages: readonly string[];
};

export type ProgressFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  stage: Stage;
  /** Progress of the whole job; stages count by weight. */
  overall: number;
  /** Progress of this stage. */
  progress: number;
  message: string;
};

export type RetryFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  reason: string;
  /** Not before this instant. */
  retry_at: string;
};

/** Which step of how many. */
export type Stage = {
  name: string;
  /** Counts from 0. */
  index: number;
  count: number;
};

export type StageCompleted = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "stage.completed";
  data: StageResultFact;
};

export type StageFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  stage: Stage;
  /** Progress of the whole job; stages count by weight. */
  overall: number;
};

export type StageFailed = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "stage.failed";
  data: StageFailureFact;
};

export type StageFailureFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  stage: Stage;
  /** Progress of the whole job; stages count by weight. */
  overall: number;
  /** How long the stage ran. */
  seconds: number;
  reason: string;
};

/** Also the heartbeat of a stage: the same numbers again say that it lives. */
export type StageProgressed = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "stage.progressed";
  data: ProgressFact;
};

export type StageResultFact = {
  job: Job;
  /** Counts from 1. */
  attempt: number;
  /** Counts the attempt's events; `job.queued` is 0. */
  sequence: number;
  stage: Stage;
  /** Progress of the whole job; stages count by weight. */
  overall: number;
  /** How long the stage ran. */
  seconds: number;
  artifacts: readonly Artifact[];
  /** What the stage found out. */
  facts: Record<string, any>;
};

/** One step of a job. */
export type StageSnapshot = {
  /** Empty when nobody has told it yet. */
  name: string;
  state: StageState;
  progress: number;
  /** What it is doing, or why it failed. */
  message: string;
  /** The attempt that ran it last. */
  attempt?: number;
  started_at?: string;
  /** How long it ran, once it has ended. */
  seconds?: number;
};

export type StageStarted = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "stage.started";
  data: StageFact;
};

export type StageState = "pending" | "running" | "completed" | "failed" | "cancelled";

/** A file on its way. It comes before all that is said of its job: as attempt 0, and in order of what has come. */
export type UploadFact = {
  /** The job that it will be; its size is what is expected, or else what has come. */
  job: Job;
  attempt: "0";
  /** As `received`, which only rises. */
  sequence: number;
  /** Bytes so far. */
  received: number;
  /** None while nobody has said how long it is. */
  progress?: number;
};

/** Only of uploads whose sender asked for it. One that breaks off is not told of any more. */
export type UploadProgressed = {
  specversion: "1.0";
  id: string;
  /** `/gateways/<instance>`, `/processors/<instance>` or `/cli`. */
  source: string;
  /** The job's id. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  type: "upload.progressed";
  data: UploadFact;
};

export type Event = UploadProgressed | JobQueued | JobStarted | StageStarted | StageProgressed | StageCompleted | StageFailed | JobRetrying | JobCompleted | JobFailed | JobCancelled;
