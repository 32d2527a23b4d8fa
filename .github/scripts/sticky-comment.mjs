// Makes a text the one comment of the pull request that a commit is the head of: the comment of an earlier push is
// updated in place. Plain JavaScript on Node.js alone, as it runs before any package is installed.
import { readFile } from "node:fs/promises";

const marker = "<!-- failover-stacks:failover-stacks:preview -->";
/** GitHub refuses a comment of more characters. */
const mostCharacters = 65_535;
const perPage = 100;

const { GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN, HEAD_OWNER, HEAD_BRANCH, HEAD_SHA, RUN_URL } =
  process.env;
const repository = `${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}`;

const pull = await findPull();
if (pull === undefined) say(`no open pull request has ${HEAD_SHA} as its head any more: no comment`);
else await comment(pull.number, await textOf(process.argv[2]));

/** Asked of GitHub, not of the artifact: that one was written by whatever the pull request runs. */
async function findPull() {
  const head = encodeURIComponent(`${HEAD_OWNER}:${HEAD_BRANCH}`);
  const pulls = await all(`${repository}/pulls?state=open&head=${head}`);
  return pulls.find((each) => each.head.sha === HEAD_SHA);
}

/** The text, if it is a preview's; else that there is none, so that no earlier comment looks as if it were of this push. */
async function textOf(file) {
  const text = await readFile(file, "utf8").catch(() => "");
  if (text.startsWith(marker) && text.length <= mostCharacters) return text;
  return `${marker}\n**The preview of ${HEAD_SHA.slice(0, 7)} did not finish**; what it printed: ${RUN_URL}\n`;
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
