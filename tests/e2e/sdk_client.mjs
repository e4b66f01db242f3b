// One call with the openai package for Node, as its argument says; prints what came of it as one JSON object.
import OpenAI from "openai";

const { call, baseURL, apiKey = "any", maxRetries = 2, headers = {}, body = {} } = JSON.parse(process.argv[2]);
const client = new OpenAI({ baseURL, apiKey, maxRetries, defaultHeaders: headers });
const question = { model: "model-a", messages: [{ role: "user", content: "hello from the SDK" }], ...body };

const headersOf = (response) => Object.fromEntries(response.headers);

async function collect(stream, most = Infinity) {
  const chunks = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
    if (chunks.length >= most) break; // closes the connection
  }
  return {
    text: chunks.map((chunk) => chunk.choices[0]?.delta?.content ?? "").join(""),
    finish: chunks.at(-1)?.choices[0]?.finish_reason ?? null,
    usage: chunks.at(-1)?.usage ?? null,
  };
}

const calls = {
  async chat() {
    const { data, response } = await client.chat.completions.create(question).withResponse();
    return {
      text: data.choices[0].message.content,
      requestId: data._request_id,
      headers: headersOf(response),
    };
  },
  async stream() {
    const { data, response } = await client.chat.completions.create({ ...question, stream: true }).withResponse();
    return { ...(await collect(data)), headers: headersOf(response) };
  },
  leave: async () => collect(await client.chat.completions.create({ ...question, stream: true }), 1),
  async models() {
    const ids = [];
    for await (const model of client.models.list()) ids.push(model.id);
    return { ids };
  },
  retrieve: async () => ({ id: (await client.models.retrieve(body.model)).id }),
  async embeddings() {
    const asked = { model: "embed-a", input: ["a", "b"], ...body };
    const { data, response } = await client.embeddings.create(asked).withResponse();
    return { vectors: data.data.map((one) => Array.from(one.embedding)), headers: headersOf(response) };
  },
};

try {
  console.log(JSON.stringify({ ok: await calls[call]() }));
} catch (error) {
  const { status, code, requestID, message } = error;
  console.log(JSON.stringify({ error: { kind: error.constructor.name, status, code, requestID, message } }));
}
process.exit(0); // a connection that is kept alive must not hold it
