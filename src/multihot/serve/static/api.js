/** What the server says no to, in its words. */
export class Refusal extends Error {
  constructor(status, error) {
    super([error.what, error.help].filter(Boolean).join("; "));
    this.status = status;
  }
}

const AGAIN = 20;

/** Ask the server; while it is busy, ask again after the seconds that it names. */
export async function ask(path, options = {}, tries = AGAIN) {
  const answer = await fetch(path, options);
  if (answer.ok) return answer.json();
  if (answer.status === 503 && tries > 0) {
    await pause(1000 * Number(answer.headers.get("retry-after") ?? 1), options.signal);
    return ask(path, options, tries - 1);
  }
  const said = await answer.json().catch(() => ({}));
  throw new Refusal(answer.status, said.error ?? { what: `the server answered ${answer.status}` });
}

export function post(path, values, signal) {
  return ask(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(values), signal });
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener("abort", () => (clearTimeout(timer), reject(signal.reason)), { once: true });
  });
}
