/** Requests to this service; what it refuses becomes an error that says why. */

/** An answer that is no success: its status, and its sentence for people. */
export class Refusal extends Error {
  constructor(status, problem) {
    const errors = problem.errors ?? [];
    super(errors.length ? errors.map((error) => error.detail).join(" ") : problem.detail);
    this.status = status;
    this.errors = errors;
  }
}

/** Ask with GET; return the answer's document. */
export function read(address, signal) {
  return asked(address, { signal });
}

/** Ask with POST; return the answer's document. A body that is text is JSON already. */
export function post(address, body, signal) {
  const headers = { "Content-Type": "application/json" };
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (token) headers["X-CSRFToken"] = token;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return asked(address, { method: "POST", headers, body: text, signal });
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
  if (response.ok) return text ? JSON.parse(text) : null;
  throw new Refusal(response.status, problemOf(text, response.status));
}

function problemOf(text, status) {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: `The service answered with ${status}.` };
  }
}
