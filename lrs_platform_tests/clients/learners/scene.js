// What every learner in JavaScript is given and gives back. Given: the LRS and an id of the run, by the environment. Given
// back: what the library returned, as one line of JSON. Not here: any one library.
"use strict";

const id = process.env.SCENE_ID;

exports.endpoint = process.env.SCENE_ENDPOINT;
exports.username = process.env.SCENE_USERNAME;
exports.password = process.env.SCENE_PASSWORD;
exports.registration = id;
exports.agent = { objectType: "Agent", name: "Ada Example", mbox: `mailto:${id}@example.com` };
exports.lesson = `https://example.com/lessons/${id}`;

const verb = (name) => ({ id: `http://adlnet.gov/expapi/verbs/${name}`, display: { "en-US": name } });

// A statement of this learner about this lesson.
exports.statement = (name, changes = {}) => ({
  actor: exports.agent,
  verb: verb(name),
  object: {
    objectType: "Activity",
    id: exports.lesson,
    definition: { name: { "en-US": "Fire safety" }, type: "http://adlnet.gov/expapi/activities/lesson" },
  },
  context: { registration: id },
  ...changes,
});

exports.passed = { score: { scaled: 0.9, raw: 9, min: 0, max: 10 }, success: true, completion: true, duration: "PT1M30.5S" };

// Ask until the answer is `enough`: a busy loader may need longer than a GET waits for it (docs/consistency.md).
exports.until = async (enough, ask) => {
  for (const end = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const answer = await ask();
    if (enough(answer) || Date.now() > end) return answer;
  }
};

// Run a learner and print what it saw.
exports.play = (learner) =>
  learner().then(
    (seen) => process.stdout.write(JSON.stringify(seen) + "\n"),
    (error) => {
      process.stderr.write(`${error && error.stack ? error.stack : JSON.stringify(error)}\n`);
      process.exitCode = 1;
    },
  );
