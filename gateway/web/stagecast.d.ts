/** The types of stagecast.js, for pages that are checked but take no JavaScript into that. A test holds both together. */

import type { Event } from "./events.js";

export type { Event };

export type JobState = "queued" | "running" | "retrying" | "completed" | "failed" | "cancelled";
export type StageState = "pending" | "running" | "completed" | "failed" | "cancelled";

export type Artifact = {
  name: string;
  /** Bytes. */
  size: number;
  media_type: string;
};

/** All times are milliseconds since 1970, all durations seconds. */
export type Stage = {
  /** Empty until it is told. */
  name: string;
  state: StageState;
  /** 0 to 1. */
  progress: number;
  message: string;
  attempt?: number;
  startedAt?: number;
  seconds?: number;
};

export type Job = {
  id: string;
  name: string;
  size: number;
  pipeline: string;
  owner?: string;
  attempt: number;
  sequence: number;
  state: JobState;
  /** 0 to 1. */
  overall: number;
  stages: readonly Stage[];
  artifacts: readonly Artifact[];
  /** Why it failed, or is tried again; else empty. */
  reason: string;
  retryAt?: number;
  queuedAt: number;
  startedAt?: number;
  /** By the clock of whoever told it. */
  heardAt: number;
  /** By our clock. */
  receivedAt: number;
  endedAt?: number;
  seconds?: number;
};

export type Connection = {
  /** `expired`: what said who we are is no longer good; a page that is opened or reloaded tries again. */
  state: "connecting" | "live" | "reconnecting" | "restarting" | "expired" | "ended";
  /** When the stream last said anything. */
  heardAt?: number;
  /** When it is tried again; nothing while it is being tried. */
  retryAt?: number;
};

export type Told = {
  /** These jobs are not what they were, those are gone. */
  change: { jobs: Job[]; gone: string[] };
  connection: Connection;
  /** We were away, and now have what we missed; a `reason` says why that is a snapshot and not each event. */
  caughtup: { missed?: number; reason?: string };
};

export type Options = {
  /** The address of the streams; `events` beside the service's own where nothing is said. */
  events?: string;
  /** The pseudonym of who uploads here, if it is known: jobs just accepted are then theirs. */
  owner?: string;
};

export type SendOptions = {
  pipeline?: string;
  /** By which the gateway knows a second try for the same upload. */
  key?: string;
  /** 0 to 1; 1 is sent, but not yet accepted. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
};

export type Accepted = { id: string; name: string; size: number; pipeline: string };

/** Why something was not done, in the words of the server where it had some. */
export class Problem extends Error {
  constructor(message: string, details?: { status?: number; retryAfter?: number });
  /** The HTTP status, 0 when no answer came. */
  status: number;
  /** Seconds. */
  retryAfter: number | undefined;
}

export interface Client {
  connection: Connection;
  /** Whether a snapshot has told us what there is: before, no jobs means nothing. */
  isComplete: boolean;
  /** Call `listener` whenever it happens; call what is returned to hear no more. */
  on<K extends keyof Told>(name: K, listener: (told: Told[K]) => void): () => void;
  /** All jobs that we know, in no order. */
  all(): Job[];
  get(id: string): Job | undefined;
  /** A job that the stream does not tell of, because it ended long ago. Throws `Problem` when there is none. */
  fetch(id: string): Promise<Job>;
  /**
   * Send a file; one over 8 MiB goes on where it broke off, also after a reload once the same file is given again.
   * Throws `Problem` when it was not accepted, `AbortError` when the signal said so.
   */
  upload(file: File, options?: SendOptions): Promise<Accepted[]>;
  /** The stream tells when it has ended. Throws `Problem` when it cannot be. */
  cancel(id: string): Promise<void>;
  /** Try a failed or cancelled job again. Throws `Problem` when it cannot be. */
  retry(id: string): Promise<void>;
  artifactUrl(id: string, name: string): string;
  /** Hear no more. Other tabs are not touched. */
  close(): void;
}

/** `url`: where Stagecast is; what its query says goes along with every request. */
export function connect(url: string, options?: Options): Client;

/** What a job is after an event, `undefined` while nothing can be said of it. */
export function fold(
  job: Job | undefined,
  event: { type: string; time: string; data: Record<string, any> },
  receivedAt: number,
): Job | undefined;

export function isTerminal(job: Job): boolean;

/** A job of the JSON of `event: snapshot` and `GET /jobs`. */
export function readJob(told: Record<string, any>, now: number): Job;
