// Calls with documents and voice by the openai package for Node. Reads {"baseURL", "folder", "asked": [{"call", "body",
// "headers"}, …]} and prints what came of each, in that order. A recording is speech.wav in that folder, or the body's
// "filename".
import { File } from "node:buffer";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import OpenAI from "openai";

globalThis.File ??= File; // Node 18 does not have it there by itself
const { baseURL, folder, asked } = JSON.parse(readFileSync(0, "utf8"));
const client = new OpenAI({ baseURL, apiKey: "any" });

const digest = (data) => createHash("sha256").update(data).digest("hex");
const spoken = (body, options) => client.audio.speech.create(body, options);

// What each tells of its answer, with the response that it came in.
const calls = {
  async transcribe({ filename = "speech.wav", ...body }, options) {
    const file = createReadStream(join(folder, filename));
    const { data, response } = await client.audio.transcriptions.create({ file, ...body }, options).withResponse();
    return { told: data, response };
  },
  async speak(body, options) {
    const response = await spoken(body, options);
    return { told: digest(Buffer.from(await response.arrayBuffer())), response };
  },
  async speakIntoFile(body, options) {
    const response = await spoken(body, options);
    const file = join(folder, "spoken");
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file));
    return { told: digest(readFileSync(file)), response };
  },
  async embed(body, options) {
    const { data, response } = await client.embeddings.create(body, options).withResponse();
    return { told: data.data.map((one) => Array.from(one.embedding)), response };
  },
  async read(body, options) {
    const { data, response } = await client.post("/ocr", { body, ...options }).withResponse();
    return { told: data, response };
  },
  async look(body, options) {
    const { data, response } = await client.chat.completions.create(body, options).withResponse();
    return { told: data.choices[0].message.content, response };
  },
};

const results = [];
for (const { call, body = {}, headers = {} } of asked) {
  try {
    const { told, response } = await calls[call](body, { headers });
    results.push({ told, headers: Object.fromEntries(response.headers) });
  } catch (error) {
    const { status, code, param, requestID, message } = error;
    results.push({ error: { kind: error.constructor.name, status, code, param, requestID, message } });
  }
}
process.stdout.write(JSON.stringify(results), () => process.exit(0)); // a connection that is kept alive must not hold it
