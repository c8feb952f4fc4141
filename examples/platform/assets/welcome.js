"use strict";

const form = document.querySelector("#sign-up");
const message = document.querySelector("#message");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  message.textContent = "";
  try {
    const response = await fetch("/api/v1/signup", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(Object.fromEntries(new FormData(form))),
    });
    const body = await response.json();
    if (response.ok) {
      const link = document.querySelector("#link");
      link.href = body.url;
      link.textContent = body.url;
      form.hidden = true;
      document.querySelector("#done").hidden = false;
    } else {
      const mistakes = body.errors ?? [{ detail: body.detail, fix: body.fix }];
      message.textContent = mistakes.map((mistake) => `${mistake.detail}: ${mistake.fix}.`).join(" ");
    }
  } catch {
    message.textContent = "The server can't be reached; try again.";
  } finally {
    button.disabled = false;
  }
});
