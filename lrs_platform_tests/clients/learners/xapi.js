// A learner by @xapi/xapi.
"use strict";

const { default: XAPI } = require("@xapi/xapi");
const scene = require("./scene.js");

const status = (call) => call.then((answer) => answer.status, (error) => error.response.status);

scene.play(async () => {
  const settings = {
    endpoint: `${scene.endpoint}/`,
    auth: XAPI.toBasicAuth(scene.username, scene.password),
    version: process.env.SCENE_VERSION,
  };
  const xapi = new XAPI(settings);
  const fetching = new XAPI({ ...settings, adapter: "fetch" }); // axios, in Node, replaces a multipart request's Content-Type
  const { agent, lesson: activityId } = scene;
  const about = await xapi.getAbout();

  const first = await xapi.sendStatement({ statement: scene.statement("initialized") });
  const others = await xapi.sendStatements({
    statements: [scene.statement("experienced"), scene.statement("passed", { result: scene.passed })],
  });
  const sent = [...first.data, ...others.data];
  const found = await scene.until((ids) => ids.length >= sent.length, async () => {
    const ids = [];
    let page = await xapi.getStatements({ agent, registration: scene.registration, ascending: true, limit: 2 });
    for (;;) {
      ids.push(...page.data.statements.map((one) => one.id));
      if (!page.data.more) return ids;
      page = await xapi.getMoreStatements({ more: page.data.more });
    }
  });
  const one = (await xapi.getStatement({ statementId: sent[2] })).data;

  const bytes = new TextEncoder().encode("A certificate").buffer;
  const attachment = {
    usageType: "http://id.tincanapi.com/attachment/certificate-of-completion",
    display: { "en-US": "Certificate" },
    contentType: "text/plain",
    length: bytes.byteLength,
    sha2: Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex"),
  };
  const attached = scene.statement("earned", { attachments: [attachment] });
  const withBytes = (await fetching.sendStatement({ statement: attached, attachments: [bytes] })).data[0];
  const whole = await fetching.getStatement({ statementId: withBytes, attachments: true });

  await xapi.voidStatement({ actor: agent, statementId: sent[0] });
  const voided = await scene.until((answer) => answer.data.id, () =>
    xapi.getVoidedStatement({ voidedStatementId: sent[0] }).catch((error) => ({ data: error.response.status })),
  );

  const place = { agent, activityId, stateId: "bookmark" };
  await xapi.createState({ ...place, state: { card: 1 } });
  await xapi.createState({ ...place, state: { seen: true } }); // POST: merged
  const read = await xapi.getState(place);
  const stale = await status(
    xapi.setState({ ...place, state: { card: 9 }, etag: '"0000000000000000000000000000000000000000"', matchHeader: "If-Match" }),
  );
  await xapi.setState({ ...place, state: { card: 2 }, etag: read.headers.etag, matchHeader: "If-Match" });
  const replaced = (await xapi.getState(place)).data;
  const states = (await xapi.getStates({ agent, activityId })).data;
  await xapi.deleteState({ ...place, etag: (await xapi.getState(place)).headers.etag });
  const gone = await status(xapi.getState(place));

  await xapi.createActivityProfile({ activityId, profileId: "look", profile: { colour: "blue" } });
  await xapi.createAgentProfile({ agent, profileId: "wishes", profile: { language: "de" } });
  return {
    versions: about.data.version,
    sent,
    found,
    one,
    attachment: whole.data[1],
    voided: voided.data.id,
    merged: read.data,
    stale,
    replaced,
    states,
    gone,
    activity_profile: (await xapi.getActivityProfile({ activityId, profileId: "look" })).data,
    agent_profile: (await xapi.getAgentProfile({ agent, profileId: "wishes" })).data,
    activity: (await xapi.getActivity({ activityId })).data.definition.name,
    person: (await xapi.getAgent({ agent })).data.name,
    refused: await status(xapi.sendStatement({ statement: { actor: agent } })),
  };
});
