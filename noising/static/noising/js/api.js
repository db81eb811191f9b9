/** Requests to this service; a refused request raises an error with the reason. */

/** A response that is not a success: status, message, and when to repeat the request. */
export class Refusal extends Error {
  constructor(status, problem, waitMs = null) {
    const errors = problem.errors ?? [];
    super(errors.length ? errors.map((error) => error.detail).join(" ") : problem.detail);
    this.status = status;
    this.errors = errors;
    this.waitMs = waitMs;
  }
}

/** Send a GET request; return the document of the response. */
export async function read(address, signal) {
  return (await request(address, { signal })).document;
}

/** Send a GET request; return the document, and in `waitMs` when to repeat it, or null. */
export function look(address, signal) {
  return request(address, { signal });
}

/** Send a POST request; return the document of the response. A text body is sent as it is. */
export async function post(address, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (token) headers["X-CSRFToken"] = token;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return (await request(address, { method: "POST", headers, body: text, signal })).document;
}

async function request(address, options) {
  let response;
  try {
    response = await fetch(address, {
      // A page inside another site acts for nobody.
      credentials: "anonymous" in document.documentElement.dataset ? "omit" : "same-origin",
      ...options,
      headers: { Accept: "application/json", ...options.headers },
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { detail: "The service does not respond." });
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
    return { detail: `The service responded with status ${status}.` };
  }
}
