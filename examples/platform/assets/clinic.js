"use strict";

const COLUMNS = [
  ["family_name", "Family name"],
  ["given_name", "Given name"],
  ["birth_date", "Born"],
  ["phone", "Phone"],
  ["email", "E-mail"],
  ["notes", "Notes"],
];

// The tokens live in this page only: closing or reloading it logs out.
let session = null;
let next = null;
// Answers to an older question than the last one asked are dropped.
let asked = 0;

const one = (selector) => document.querySelector(selector);
const json = (body) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

function leave(reason) {
  session = null;
  asked += 1;
  one("#rows").replaceChildren();
  one("#room").hidden = true;
  one("#log-out").hidden = true;
  one("#door").hidden = false;
  one("#message").textContent = reason;
}

async function call(path) {
  const ask = () => fetch(path, { headers: { authorization: `Bearer ${session.access_token}` } });
  let response = await ask();
  if (response.status === 401) {
    const renewed = await fetch("/api/v1/auth/refresh", json({ refresh_token: session.refresh_token }));
    if (!renewed.ok) throw new Error("Your session has ended; log in again.");
    session = await renewed.json();
    response = await ask();
  }
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.detail}: ${body.fix}.`);
  return body;
}

async function load(cursor) {
  const question = ++asked;
  const query = new URLSearchParams({ limit: "25", search: one("#search").value });
  if (cursor) query.set("cursor", cursor);
  try {
    const list = await call(`/api/v1/patients?${query}`);
    if (question !== asked) return;
    if (!cursor) one("#rows").replaceChildren();
    for (const patient of list.data) {
      const row = one("#rows").insertRow();
      for (const [name, label] of COLUMNS) {
        const cell = row.insertCell();
        cell.dataset.label = label;
        cell.textContent = patient[name] ?? "–";
      }
    }
    next = list.page.next;
    one("#more").hidden = !next;
    const shown = one("#rows").rows.length;
    one("#count").textContent = next ? `${shown} shown, more to come` : `${shown} shown`;
  } catch (error) {
    if (question === asked) leave(error.message);
  }
}

one("#log-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  one("#message").textContent = "";
  try {
    const response = await fetch("/api/v1/auth/login", json(Object.fromEntries(new FormData(form))));
    const body = await response.json();
    if (!response.ok) {
      one("#message").textContent = `${body.detail}: ${body.fix}.`;
      return;
    }
    session = body;
    form.reset();
    one("#door").hidden = true;
    one("#room").hidden = false;
    one("#log-out").hidden = false;
    await load(null);
  } catch {
    one("#message").textContent = "The server can't be reached; try again.";
  } finally {
    button.disabled = false;
  }
});

let pause;
one("#search").addEventListener("input", () => {
  clearTimeout(pause);
  pause = setTimeout(() => load(null), 200);
});
one("#more").addEventListener("click", () => load(next));
one("#log-out").addEventListener("click", () => {
  // Gone from this page at once, whatever the server answers.
  fetch("/api/v1/auth/logout", json({ refresh_token: session.refresh_token })).catch(() => {});
  leave("");
});
