// The page's own modules, asked from Python: a line of JSON in, a line of JSON out. `node answer.mjs FOLDER`

import { createInterface } from "node:readline";

const web = process.argv[2];
const { fold } = await import(`${web}/fold.js`);
const { Jobs } = await import(`${web}/jobs.js`);
const { readJob } = await import(`${web}/snapshot.js`);

const ANSWERS = {
  /** A job after events; `from` is a snapshot that it begins with, or null. */
  job({ from, events, now }) {
    return events.reduce((job, event) => fold(job, event, now), from ? readJob(from, now) : undefined) ?? null;
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
  console.log(JSON.stringify(ANSWERS[name](question)));
}
