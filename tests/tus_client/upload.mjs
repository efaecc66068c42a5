// node upload.mjs ENDPOINT FILE NAME CHUNK PARALLEL: uploads a file with tus-js-client; prints the upload's URL.
import { createReadStream } from "node:fs";
import * as tus from "tus-js-client";

const [endpoint, file, filename, chunk, parallel] = process.argv.slice(2);
let job;
const upload = new tus.Upload(createReadStream(file), {
  endpoint,
  chunkSize: Number(chunk),
  parallelUploads: Number(parallel),
  retryDelays: Array(1000).fill(20),
  metadata: { filename, filetype: "application/octet-stream" },
  onAfterResponse: (_, response) => { job = response.getHeader("Stagecast-Job") ?? job; },
  onError: (error) => { console.error(String(error)); process.exit(1); },
  onSuccess: () => { console.log(JSON.stringify({ url: upload.url, job })); },
});
upload.start();
