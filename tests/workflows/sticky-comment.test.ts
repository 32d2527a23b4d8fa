import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { marker } from "../../evidence/preview/markdown.ts";
import { root } from "./workflow-files.ts";

const script = join(root, ".github", "scripts", "sticky-comment.mjs");
const headSha = "0123456789abcdef0123456789abcdef01234567";
const bot = "github-actions[bot]";

interface Comment {
  id: number;
  user: { login: string };
  body: string;
  html_url: string;
}

/** As much of GitHub's API as the script uses: pull requests by head, comments in pages, a token. */
async function gitHub(
  t: ExecutionContext,
  { comments = [], sha = headSha }: { comments?: Comment[]; sha?: string },
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
    if (route === "GET /pulls") {
      const asked =
        url.searchParams.get("head") === "fork:branch/1" && url.searchParams.get("state") === "open";
      return [200, page(asked ? [{ number: 7, head: { sha } }] : [])];
    }
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

async function post(url: string, body: string | undefined, token = "secret") {
  const file = join(mkdtempSync(join(tmpdir(), "comment-")), "comment.md");
  if (body !== undefined) writeFileSync(file, body);
  const env = {
    GITHUB_API_URL: url,
    GITHUB_REPOSITORY: "o/r",
    GITHUB_TOKEN: token,
    HEAD_OWNER: "fork",
    HEAD_BRANCH: "branch/1",
    HEAD_SHA: headSha,
    RUN_URL: "https://github.test/o/r/actions/runs/1",
  };
  return execa(process.execPath, [script, file], { env, reject: false, all: true });
}

const preview = (verdict: string): string => `${marker}\n**${verdict}**\n`;

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
    ["Nice!", preview("lb-direct gets slower")],
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
  t.is(comments.at(-1)?.body, preview("new"));
});

test("somebody's own comment with the marker is left alone", async (t) => {
  const { url, comments } = await gitHub(t, {
    comments: [comment(preview("mine"), { id: 1, login: "reviewer" })],
  });
  t.is((await post(url, preview("new"))).exitCode, 0);
  t.deepEqual(
    comments.map(({ body }) => body),
    [preview("mine"), preview("new")],
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
      [
        `${marker}\n**The preview of 0123456 did not finish**; what it printed: https://github.test/o/r/actions/runs/1\n`,
      ],
    );
  });
}

test("a commit that has been pushed over gets no comment", async (t) => {
  const { url, changes } = await gitHub(t, { sha: "f".repeat(40) });
  const { exitCode, all } = await post(url, preview("old news"));
  t.is(exitCode, 0);
  t.regex(all, /no open pull request has 0123456789abcdef/);
  t.deepEqual(changes, []);
});

test("a refused call is a failure that names the call, and not the token", async (t) => {
  const { url } = await gitHub(t, {});
  const { exitCode, all } = await post(url, preview("new"), "wrong-token");
  t.is(exitCode, 1);
  t.regex(all, /GET http:\/\/127\.0\.0\.1:\d+\/repos\/o\/r\/pulls.*: 401/);
  t.false(all.includes("wrong-token"));
});
