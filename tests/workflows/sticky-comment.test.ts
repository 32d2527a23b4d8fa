import { writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { marker } from "../../evidence/preview/markdown.ts";
import { root, workflow } from "./workflow-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

const script = join(root, ".github", "scripts", "sticky-comment.mjs");
const headSha = "0123456789abcdef0123456789abcdef01234567";
const bot = "github-actions[bot]";
const run = "https://github.test/o/r/actions/runs/1";

interface Comment {
  id: number;
  user: { login: string };
  body: string;
  html_url: string;
}

interface Pull {
  state: string;
  head: { sha: string; repo: { full_name: string } | null };
}

const open: Pull = { state: "open", head: { sha: headSha, repo: { full_name: "fork/r" } } };

/** As much of GitHub's API as the script uses: pull request 7, its comments in pages, a token. */
async function gitHub(
  t: ExecutionContext,
  { comments = [], pull = open }: { comments?: Comment[]; pull?: Pull },
) {
  const changes: string[] = [];
  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    const url = new URL(request.url ?? "", "http://github");
    const page = (items: unknown[]): unknown[] => {
      const size = Number(url.searchParams.get("per_page") ?? 30);
      return items.slice((Number(url.searchParams.get("page") ?? 1) - 1) * size).slice(0, size);
    };
    if (request.headers.authorization !== "Bearer secret") return [401, { message: "Bad credentials" }];
    const route = `${request.method} ${url.pathname.replace("/repos/o/r", "")}`;
    if (route.startsWith("GET /pulls/")) return route.endsWith("/7") ? [200, pull] : [404, {}];
    if (route === "GET /issues/7/comments") return [200, page(comments)];
    const { body } = JSON.parse(await text(request)) as { body: string };
    changes.push(route);
    const own = comments.find(({ id }) => route === `PATCH /issues/comments/${id}`);
    if (own) own.body = body;
    else comments.push(comment(body, { id: 1000 + comments.length }));
    return [own ? 200 : 201, own ?? comments.at(-1)];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => response.writeHead(status).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, comments, changes };
}

function comment(body: string, { id, login = bot }: { id: number; login?: string }): Comment {
  return { id, user: { login }, body, html_url: `https://github.test/o/r/pull/7#${id}` };
}

interface Posting {
  token?: string;
  runName?: string;
}

async function post(
  url: string,
  body: string | undefined,
  { token = "secret", runName = "preview of #7" }: Posting = {},
) {
  const file = join(temporaryFolder(), "comment.md");
  if (body !== undefined) writeFileSync(file, body);
  const env = {
    GITHUB_API_URL: url,
    GITHUB_REPOSITORY: "o/r",
    GITHUB_TOKEN: token,
    HEAD_REPOSITORY: "fork/r",
    HEAD_SHA: headSha,
    RUN_NAME: runName,
    RUN_URL: run,
  };
  return execa(process.execPath, [script, file], { env, reject: false, all: true });
}

const preview = (verdict: string): string => `${marker}\n**${verdict}**\n`;
/** What a reviewer looks for is the commit that was pushed, not GitHub's merge of it. */
const posted = (verdict: string): string =>
  `${preview(verdict)}\n<sub>Head: the merge of 0123456, the pull request's last commit, into its base. [Run](${run}).</sub>\n`;

test("the first preview is a comment, the next ones update it in place", async (t) => {
  const { url, comments, changes } = await gitHub(t, {
    comments: [comment("Nice!", { id: 1, login: "reviewer" })],
  });
  for (const verdict of ["No change", "lb-direct gets slower", "lb-direct gets slower"]) {
    const { exitCode, all } = await post(url, preview(verdict));
    t.is(exitCode, 0, all);
  }
  t.deepEqual(changes, ["POST /issues/7/comments", "PATCH /issues/comments/1001"]);
  t.deepEqual(
    comments.map(({ body }) => body),
    ["Nice!", posted("lb-direct gets slower")],
  );
});

test("a comment on the third page is found", async (t) => {
  const others = Array.from({ length: 250 }, (_, index) =>
    comment("Nice!", { id: index, login: "reviewer" }),
  );
  const { url, comments, changes } = await gitHub(t, {
    comments: [...others, comment(preview("old"), { id: 999 })],
  });
  t.is((await post(url, preview("new"))).exitCode, 0);
  t.deepEqual(changes, ["PATCH /issues/comments/999"]);
  t.is(comments.at(-1)?.body, posted("new"));
});

test("somebody's own comment with the marker is left alone", async (t) => {
  const { url, comments } = await gitHub(t, {
    comments: [comment(preview("mine"), { id: 1, login: "reviewer" })],
  });
  t.is((await post(url, preview("new"))).exitCode, 0);
  t.deepEqual(
    comments.map(({ body }) => body),
    [preview("mine"), posted("new")],
  );
});

for (const [what, body] of [
  ["is not there", undefined],
  ["is not a preview's", "**All is well**\n"],
  ["is longer than GitHub takes", `${marker}\n${"x".repeat(65_535)}`],
] as const) {
  test(`a text that ${what} turns the comment into one that says so`, async (t) => {
    const { url, comments } = await gitHub(t, { comments: [comment(preview("fine"), { id: 1 })] });
    t.is((await post(url, body)).exitCode, 0);
    t.deepEqual(
      comments.map((each) => each.body),
      [`${marker}\n**The preview of 0123456 did not finish**; what it printed: ${run}\n`],
    );
  });
}

test("a text as long as GitHub takes is posted without a word more", async (t) => {
  const longest = `${marker}\n`.padEnd(65_535, "x");
  const { url, comments } = await gitHub(t, {});
  t.is((await post(url, longest)).exitCode, 0);
  t.deepEqual(
    comments.map(({ body }) => body),
    [longest],
  );
});

const another = { full_name: "somebody/r" };

for (const [what, pull, runName] of [
  ["of a commit that has been pushed over", { ...open, head: { ...open.head, sha: "f".repeat(40) } }],
  ["of a pull request that is closed", { ...open, state: "closed" }],
  ["that names somebody else's pull request", { ...open, head: { ...open.head, repo: another } }],
  ["of a fork that is gone", { ...open, head: { ...open.head, repo: null } }],
  ["with a name of its own", open, "preview of #7/comments"],
] as [string, Pull, string?][]) {
  test(`a run ${what} makes no comment`, async (t) => {
    const { url, changes } = await gitHub(t, { pull });
    const { exitCode, all } = await post(url, preview("old news"), runName ? { runName } : {});
    t.is(exitCode, 0, all);
    t.regex(all, /of no open pull request with 0123456789abcdef/);
    t.deepEqual(changes, []);
  });
}

test("a pull request that does not exist is a failure", async (t) => {
  const { url, changes } = await gitHub(t, {});
  t.is((await post(url, preview("new"), { runName: "preview of #8" })).exitCode, 1);
  t.deepEqual(changes, []);
});

test("previews have the name by which the script knows their pull request", async (t) => {
  const runName = workflow("preview.yml")["run-name"]?.replace(
    "${{ github.event.pull_request.number }}",
    "7",
  );
  const { url, changes } = await gitHub(t, {});
  t.is((await post(url, preview("new"), runName ? { runName } : {})).exitCode, 0);
  t.is(runName, "preview of #7");
  t.deepEqual(changes, ["POST /issues/7/comments"]);
});

test("a refused call is a failure that names the call, and not the token", async (t) => {
  const { url } = await gitHub(t, {});
  const { exitCode, all } = await post(url, preview("new"), { token: "wrong-token" });
  t.is(exitCode, 1);
  t.regex(all, /GET http:\/\/127\.0\.0\.1:\d+\/repos\/o\/r\/pulls.*: 401/);
  t.false(all.includes("wrong-token"));
});
