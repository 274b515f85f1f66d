// A learner by tincanjs.
"use strict";

const TinCan = require("tincanjs");
const scene = require("./scene.js");

const JSON_TYPE = "application/json";

// A method of the library as a promise; `status` where it fails.
const ask = (lrs, method, ...args) =>
  new Promise((resolve) => {
    const settings = args.pop();
    settings.callback = (error, result) => resolve(error === null ? { result } : { status: error });
    lrs[method](...args, settings);
  });

scene.play(async () => {
  const lrs = new TinCan.LRS({
    endpoint: `${scene.endpoint}/`,
    username: scene.username,
    password: scene.password,
    version: "1.0.2", // the newest it knows
    allowFail: false,
  });
  const agent = new TinCan.Agent(scene.agent);
  const activity = new TinCan.Activity({ id: scene.lesson });
  const statement = (name, changes) => new TinCan.Statement(scene.statement(name, changes));
  const about = await ask(lrs, "about", {});

  const batch = ["initialized", "experienced"].map((name) => statement(name));
  batch.push(statement("passed", { result: scene.passed }));
  await ask(lrs, "saveStatement", batch[0], {}); // PUT: the library makes ids
  await ask(lrs, "saveStatements", batch.slice(1), {});
  const params = { agent, registration: scene.registration, ascending: true, limit: 2 };
  const found = await scene.until((ids) => ids.length >= batch.length, async () => {
    const ids = [];
    let page = await ask(lrs, "queryStatements", { params });
    for (;;) {
      ids.push(...page.result.statements.map((one) => one.id));
      if (!page.result.more) return ids;
      page = await ask(lrs, "moreStatements", { url: page.result.more });
    }
  });
  const one = await ask(lrs, "retrieveStatement", batch[2].id, {});

  const content = new TextEncoder().encode("A certificate").buffer;
  const attached = statement("earned", {
    attachments: [
      {
        usageType: "http://id.tincanapi.com/attachment/certificate-of-completion",
        display: { "en-US": "Certificate" },
        contentType: "text/plain",
        content,
      },
    ],
  });
  await ask(lrs, "saveStatement", attached, {});
  const whole = await ask(lrs, "retrieveStatement", attached.id, { params: { attachments: true } });

  const voiding = new TinCan.Statement({
    actor: agent,
    verb: { id: "http://adlnet.gov/expapi/verbs/voided" },
    target: new TinCan.StatementRef({ id: batch[0].id }),
  });
  await ask(lrs, "saveStatement", voiding, {});
  const voided = await scene.until((answer) => answer.result, () => ask(lrs, "retrieveVoidedStatement", batch[0].id, {}));

  const place = () => ({ agent, activity, contentType: JSON_TYPE });
  await ask(lrs, "saveState", "bookmark", { card: 1 }, place());
  await ask(lrs, "saveState", "bookmark", { seen: true }, { ...place(), method: "POST" });
  const read = await ask(lrs, "retrieveState", "bookmark", place());
  const stale = await ask(lrs, "saveState", "bookmark", { card: 9 }, { ...place(), lastSHA1: '"0000000000000000000000000000000000000000"' });
  await ask(lrs, "saveState", "bookmark", { card: 2 }, { ...place(), lastSHA1: read.result.etag });
  const replaced = await ask(lrs, "retrieveState", "bookmark", place());
  const states = await ask(lrs, "retrieveStateIds", place());
  await ask(lrs, "dropState", "bookmark", place());
  const gone = await ask(lrs, "retrieveState", "bookmark", place());

  const fresh = { "If-None-Match": "*" };
  await ask(lrs, "saveActivityProfile", "look", { colour: "blue" }, { activity, contentType: JSON_TYPE, requestHeaders: { ...fresh } });
  await ask(lrs, "saveAgentProfile", "wishes", { language: "de" }, { agent, contentType: JSON_TYPE, requestHeaders: { ...fresh } });
  const [look, wishes, known, refused] = [
    await ask(lrs, "retrieveActivityProfile", "look", { activity }),
    await ask(lrs, "retrieveAgentProfile", "wishes", { agent }),
    await ask(lrs, "retrieveActivity", scene.lesson, {}),
    await ask(lrs, "saveStatement", statement("passed", { result: { score: { scaled: 7 } } }), {}),
  ];
  return {
    versions: about.result.version,
    sent: batch.map((one) => one.id),
    found,
    one: one.result.asVersion("1.0.2"),
    attachment: new TextDecoder().decode(whole.result.attachments[0].content),
    voided: voided.result.id,
    merged: read.result.contents,
    stale: stale.status,
    replaced: replaced.result.contents,
    states: states.result,
    gone: gone.result === null ? 404 : gone.result,
    activity_profile: look.result.contents,
    agent_profile: wishes.result.contents,
    activity: known.result.definition.name,
    refused: refused.status,
  };
});
