// A learner by ADL's adl-xapiwrapper.
"use strict";

const wrapper = require("adl-xapiwrapper");
const scene = require("./scene.js");

scene.play(async () => {
  const lrs = new wrapper.XAPIWrapper({
    url: `${scene.endpoint}/`,
    auth: { username: scene.username, password: scene.password },
  });
  const ask = (method, ...args) =>
    new Promise((resolve, reject) => {
      lrs[method](...args, (error, response, body) => (error ? reject(error) : resolve({ status: response.statusCode, response, body })));
    });
  const json = async (...call) => JSON.parse((await ask(...call)).body);
  const { agent, lesson } = scene;

  const works = await new Promise((resolve) => lrs.testConfig(resolve));
  const sent = await json("sendStatements", [
    scene.statement("initialized"),
    scene.statement("experienced"),
    scene.statement("passed", { result: scene.passed }),
  ]);
  const wanted = { agent: JSON.stringify(agent), registration: scene.registration, ascending: "true", limit: 2 };
  const found = await scene.until((ids) => ids.length >= sent.length, async () => {
    const ids = [];
    let page = await json("getStatements", wanted, null);
    for (;;) {
      ids.push(...page.statements.map((one) => one.id));
      if (!page.more) return ids;
      page = await json("getStatements", null, page.more);
    }
  });
  const one = await json("getStatements", { statementId: sent[2] }, null);

  await ask("sendState", lesson, agent, "bookmark", null, { card: 1 }, null, null);
  await ask("sendState", lesson, agent, "bookmark", null, { seen: true }, null, null); // an object is sent by POST: merged
  const read = await ask("getState", lesson, agent, "bookmark", null, null);
  const stale = await ask("sendState", lesson, agent, "bookmark", null, "{}", '"0000000000000000000000000000000000000000"', null);
  const etag = read.response.headers.etag;
  await ask("sendState", lesson, agent, "bookmark", null, [2], etag, null); // an array by PUT
  const replaced = await json("getState", lesson, agent, "bookmark", null, null);
  const states = await json("getState", lesson, agent, null, null, null);

  await ask("sendActivityProfile", lesson, "look", { colour: "blue" }, null, "*");
  await ask("sendAgentProfile", agent, "wishes", { language: "de" }, null, "*");
  return {
    works,
    sent,
    found,
    one,
    merged: JSON.parse(read.body),
    stale: stale.status,
    replaced,
    states,
    activity_profile: await json("getActivityProfile", lesson, "look", null),
    agent_profile: await json("getAgentProfile", agent, "wishes", null),
    activity: (await json("getActivities", lesson)).definition.name,
    person: (await json("getAgents", agent)).name,
    refused: (await ask("sendStatements", { actor: agent })).status,
  };
});
