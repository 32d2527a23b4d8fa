// Makes a text the one comment of the pull request that a run was of: the comment of an earlier push is updated in
// place. Plain JavaScript on Node.js alone, as it runs before any package is installed.
import { readFile } from "node:fs/promises";

const marker = "<!-- failover-stacks:failover-stacks:preview -->";
/** GitHub refuses a comment of more characters. */
const mostCharacters = 65_535;
const perPage = 100;

const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, HEAD_REPOSITORY, HEAD_SHA, RUN_NAME, RUN_URL } =
  process.env;
const repository = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`;

const pull = await findPull();
if (pull === undefined) say(`the run is of no open pull request with ${HEAD_SHA} as its head: no comment`);
else await comment(pull.number, await textOf(process.argv[2]));

/**
 * The one that the run's name says: a branch can be the head of several, each with another base and another text. The
 * name is the pull request's own to choose, so it may choose only among those with the run's repository and commit.
 */
async function findPull() {
  const [, number] = /^preview of #(\d+)$/.exec(RUN_NAME) ?? [];
  if (number === undefined) return undefined;
  const { state, head } = await call(`${repository}/pulls/${number}`);
  const isOfRun = state === "open" && head.sha === HEAD_SHA && head.repo?.full_name === HEAD_REPOSITORY;
  return isOfRun ? { number } : undefined;
}

/** The text, if it is a preview's; else that there is none, so that no earlier comment looks as if it were of this push. */
async function textOf(file) {
  const text = await readFile(file, "utf8").catch(() => "");
  const commit = HEAD_SHA.slice(0, 7);
  if (!text.startsWith(marker) || text.length > mostCharacters)
    return `${marker}\n**The preview of ${commit} did not finish**; what it printed: ${RUN_URL}\n`;
  // The head that the text names is a merge, which nobody finds in the pull request.
  const footer = `\n<sub>Head: the merge of ${commit}, the pull request's last commit, into its base. [Run](${RUN_URL}).</sub>\n`;
  return text.length + footer.length > mostCharacters ? text : text + footer;
}

async function comment(number, body) {
  const comments = await all(`${repository}/issues/${number}/comments`);
  // Anybody can write the marker; only the workflow's own comment is ours to change.
  const own = comments.find(
    ({ user, body: text }) => user?.login === "github-actions[bot]" && text?.startsWith(marker),
  );
  if (own?.body === body) say(`the comment of #${number} is up to date: ${own.html_url}`);
  else if (own) await write("PATCH", `${repository}/issues/comments/${own.id}`, body);
  else await write("POST", `${repository}/issues/${number}/comments`, body);
}

async function write(method, url, body) {
  const { html_url: where } = await call(url, { method, body: JSON.stringify({ body }) });
  say(`${method === "POST" ? "commented" : "updated"}: ${where}`);
}

/** Every page: a long discussion must not hide the comment that is to be updated. */
async function all(url) {
  const found = [];
  for (let page = 1; ; page += 1) {
    const items = await call(`${url}${url.includes("?") ? "&" : "?"}per_page=${perPage}&page=${page}`);
    found.push(...items);
    if (items.length < perPage) return found;
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

async function call(url, options = {}) {
  const response = await fetch(url, {
    ...options,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${GITHUB_TOKEN}`,
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
    },
    signal: AbortSignal.timeout(30_000),
  });
  if (response.ok) return response.json();
  throw new Error(`${options.method ?? "GET"} ${url}: ${response.status} ${await response.text()}`);
}
