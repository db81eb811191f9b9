/** Requests to this service; what it refuses becomes an error that says why. */

/** An answer that is no success: its status, its sentence for people, when to ask again. */
export class Refusal extends Error {
  constructor(status, problem, waitMs = null) {
    const errors = problem.errors ?? [];
    super(errors.length ? errors.map((error) => error.detail).join(" ") : problem.detail);
    this.status = status;
    this.errors = errors;
    this.waitMs = waitMs;
  }
}

/** Ask with GET; return the answer's document. */
export async function read(address, signal) {
  return (await asked(address, { signal })).document;
}

/** Ask with GET; return the document and `waitMs`, when to ask again, or null. */
export function look(address, signal) {
  return asked(address, { signal });
}

/** Ask with POST; return the answer's document. A body that is text is JSON already. */
export async function post(address, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (token) headers["X-CSRFToken"] = token;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (await asked(address, { method: "POST", headers, body: text, signal })).document;
}

async function asked(address, options) {
  let response;
  try {
    response = await fetch(address, {
      ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { detail: "The service does not answer." });
  }
  const text = await response.text();
  const waitMs = waitOf(response);
  if (response.ok) return { document: text ? JSON.parse(text) : null, waitMs };
  throw new Refusal(response.status, problemOf(text, response.status), waitMs);
}

function waitOf(response) {
  const seconds = Number.parseInt(response.headers.get("Retry-After"), 10);
  return Number.isFinite(seconds) ? 1000 * seconds : null;
}

function problemOf(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: `The service answered with ${status}.` };
  }
}
