import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { json } from "node:stream/consumers";
import anyTest, { type ExecutionContext } from "ava";
import { execa } from "execa";
import { marker } from "../../evidence/preview/markdown.ts";
import { azureRunOf } from "./workflow-files.ts";
import { temporaryFolder } from "../temporary-folder.ts";

// Azure's agents have both; a machine of ours need not.
const hasTools = ["curl", "jq"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
const test = hasTools ? anyTest : anyTest.skip;

interface Thread {
  id: number;
  isDeleted?: boolean;
  comments: { author?: { id: string }; content?: string }[];
}

const me = "build-service";
const thread = (id: number, content: string, author = me): Thread => ({
  id,
  comments: [{ author: { id: author }, content }],
});

/** As much of Azure DevOps as the step uses: who asks, the threads of pull request 7, a token. */
async function azure(t: ExecutionContext, threads: Thread[]) {
  const changes: string[] = [];
  const answer = async (request: IncomingMessage): Promise<[status: number, body: unknown]> => {
    if (request.headers.authorization !== "Bearer secret") return [401, {}];
    const { pathname } = new URL(request.url ?? "", "http://azure");
    const route = `${request.method} ${pathname.replace("/p/_apis/git/repositories/r/pullRequests/7", "")}`;
    if (route === "GET /_apis/connectionData") return [200, { authenticatedUser: { id: me } }];
    if (route === "GET /threads") return [200, { value: threads }];
    changes.push(route);
    const body = (await json(request)) as { content: string; comments: { content: string }[] };
    const changed = threads.find(({ id }) => route === `PATCH /threads/${id}/comments/1`);
    if (changed) changed.comments = [{ author: { id: me }, content: body.content }];
    else if (route === "POST /threads") threads.push(thread(100, body.comments[0]?.content ?? ""));
    else return [404, {}];
    return [200, {}];
  };
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => response.writeHead(status).end(JSON.stringify(body)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, changes };
}

/** Runs the step's text as an agent does, with what the preview left, if it left anything. */
async function comment(url: string, text: string | undefined, token = "secret") {
  const workspace = temporaryFolder();
  const file = join(workspace, "preview", "comment.md");
  mkdirSync(dirname(file));
  if (text !== undefined) writeFileSync(file, text);
  const env = {
    TOKEN: token,
    SYSTEM_COLLECTIONURI: url,
    SYSTEM_TEAMPROJECTID: "p",
    SYSTEM_PULLREQUEST_PULLREQUESTID: "7",
    SYSTEM_PULLREQUEST_SOURCECOMMITID: "0123456789abcdef",
    BUILD_REPOSITORY_ID: "r",
    BUILD_BUILDID: "12",
    PIPELINE_WORKSPACE: workspace,
    no_proxy: "127.0.0.1",
  };
  return execa("bash", ["--noprofile", "--norc", "-c", azureRunOf("Comment")], {
    env,
    reject: false,
    all: true,
  });
}

const preview = (verdict: string): string => `${marker}\n**${verdict}** "quoted" $HOME\n`;
const posted = (verdict: string, url: string): string =>
  `${preview(verdict)}\n<sub>Head: the merge of 0123456, the pull request's last commit, into its base. [Run](${url}p/_build/results?buildId=12).</sub>\n`;
const contents = (threads: Thread[]) => threads.map(({ comments }) => comments[0]?.content);

test("on Azure, too, the first preview is a comment, and the next ones update it", async (t) => {
  const threads = [thread(1, "Nice!", "reviewer"), { id: 2, comments: [] }];
  const { url, changes } = await azure(t, threads);
  for (const verdict of ["No change", "lb-direct gets slower"]) {
    const { exitCode, all } = await comment(url, preview(verdict));
    t.is(exitCode, 0, all);
  }
  t.deepEqual(changes, ["POST /threads", "PATCH /threads/100/comments/1"]);
  t.deepEqual(contents(threads), ["Nice!", undefined, posted("lb-direct gets slower", url)]);
});

test("on Azure, too, somebody's own comment with the marker is left alone", async (t) => {
  const threads = [thread(1, preview("mine"), "reviewer"), thread(2, "of another pipeline")];
  const { url, changes } = await azure(t, threads);
  t.is((await comment(url, preview("new"))).exitCode, 0);
  t.deepEqual(changes, ["POST /threads"]);
  t.deepEqual(contents(threads).slice(0, 2), [preview("mine"), "of another pipeline"]);
});

for (const [what, text] of [
  ["that is not there", undefined],
  ["with another marker", "<!-- another -->\n**All is well**\n"],
] as const) {
  test(`on Azure, too, a text ${what} turns the comment into one that says so`, async (t) => {
    const threads = [thread(1, preview("fine"))];
    const { url } = await azure(t, threads);
    t.is((await comment(url, text)).exitCode, 0);
    const where = `${url}p/_build/results?buildId=12`;
    t.deepEqual(contents(threads), [
      `${marker}\n**The preview of 0123456 did not finish**; what it printed: ${where}\n`,
    ]);
  });
}

test("on Azure, too, a refused call is a failure", async (t) => {
  const { url, changes } = await azure(t, []);
  const { exitCode, all } = await comment(url, preview("new"), "wrong-token");
  t.not(exitCode, 0);
  t.regex(all, /401/);
  t.deepEqual(changes, []);
});
