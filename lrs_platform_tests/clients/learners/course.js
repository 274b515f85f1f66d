// An assignable unit of cmi5 with one question, by @xapi/cmi5: it starts, asks, passes or fails, and ends.
"use strict";

const told = document.querySelector("#told");
const tell = (text) => {
  told.textContent = text;
};

const cmi5 = new window.Cmi5();

cmi5
  .initialize()
  .then(() => tell("ready"))
  .catch((error) => tell(`failed: ${error}`));

document.querySelector("#question").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const answer = new FormData(event.target).get("answer");
    const right = answer === "foam";
    const choices = ["water", "foam"].map((id) => ({ id, description: { "en-US": id } }));
    await cmi5.interactionChoice("test", "oil", [answer], ["foam"], choices, { "en-US": "Burning oil" }, undefined, right);
    await cmi5.progress(50);
    if (right) await cmi5.pass({ scaled: 1 });
    else await cmi5.fail({ scaled: 0 });
    await cmi5.complete();
    await cmi5.terminate();
    tell("done");
  } catch (error) {
    tell(`failed: ${error}`);
  }
});
