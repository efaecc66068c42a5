// The page's own modules, asked from Python: a line of JSON in, a line of JSON out. `node answer.mjs FOLDER`

import { createInterface } from "node:readline";

const web = process.argv[2];
const { fold, readJob } = await import(`${web}/stagecast.js`);
const { Jobs } = await import(`${web}/jobs.js`);
const { FrameReader } = await import(`${web}/sse.js`);

const ANSWERS = {
  /** A job after events; `from` is a snapshot that it begins with, or null. */
  job({ from, events, now }) {
    return events.reduce((job, event) => fold(job, event, now), from ? readJob(from, now) : undefined) ?? null;
  },
  /** What a function of a module returns. */
  async call({ module, name, values }) {
    return (await import(`${web}/${module}.js`))[name](...values) ?? null;
  },
  /** How many seconds a job has left, after what was learnt from others. */
  async left({ others, job, now }) {
    const { Experience } = await import(`${web}/experience.js`);
    const experience = new Experience();
    others.forEach((other) => experience.learn(other));
    return experience.left(job, now) ?? null;
  },
  /** Which jobs wait behind how many others. */
  async positions({ jobs }) {
    const { positions } = await import(`${web}/queue.js`);
    return Object.fromEntries(positions(jobs));
  },
  /** The keys and the places of each language's texts. */
  async catalogues() {
    const [english, chinese] = [await import(`${web}/words.en.js`), await import(`${web}/words.zh.js`)];
    return { en: english.ENGLISH, zh: chinese.CHINESE };
  },
  /** What a stream in these pieces says, and the cursor and the wait that it leaves. */
  frames({ cursor, pieces }) {
    const reader = new FrameReader(cursor);
    const frames = pieces.flatMap((piece) => reader.read(piece));
    return { frames, cursor: reader.cursor, retry: reader.retry ?? null };
  },
  /** All jobs after steps, each `[method, arguments…]`, and what each step said that it changed. */
  jobs({ limit, steps }) {
    const jobs = new Jobs(limit);
    const changes = steps.map(([method, content, now]) =>
      jobs[method](method === "replace" ? content.map((job) => readJob(job, now)) : content, now),
    );
    return { jobs: jobs.all(), changes };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const [name, question] = JSON.parse(line);
  console.log(JSON.stringify(await ANSWERS[name](question)));
}
