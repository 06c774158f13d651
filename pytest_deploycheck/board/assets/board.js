"use strict";
const seconds = Number(document.body.dataset.refresh);
async function refresh() {
  try {
    const answer = await fetch("/fragment", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    document.getElementById("board").innerHTML = await answer.text();
    const word = document.querySelector("h1");
    if (word) document.title = document.title.replace(/^[^·]*·/, `${word.textContent} ·`);
    document.getElementById("lost").hidden = true;
  } catch {
    document.getElementById("lost").hidden = false;
  }
  setTimeout(refresh, seconds * 1000);
}
setTimeout(refresh, seconds * 1000);
