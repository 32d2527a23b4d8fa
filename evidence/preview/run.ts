import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { normal } from "../../infra/topologies.ts";
import { ttlFindings } from "./budget.ts";
import { figuresOf, promisesOf } from "./figures.ts";
import {
  changedPaths,
  type Commit,
  extract,
  headOf,
  isJudge,
  isProgram,
  mattersToRecovery,
  resolveBase,
} from "./git.ts";
import {
  type Live,
  liveIn,
  refusedTopology,
  refuseLiveRemoved,
  restoreFindings,
  switchedByMerging,
  topologyOf,
} from "./live.ts";
import { promiseChanges } from "./promises.ts";
import { previewOnPlant, type Versions } from "./plant.ts";
import type { PreviewReport } from "./report.ts";
import type { PreviewPlant } from "./side.ts";

export interface PreviewOptions {
  /** The repository, whose files are previewed as they are. */
  project: string;
  /** A commit, branch or tag; found by git when it is not given. */
  base: string | undefined;
  /** Starts a local plant for the project in that folder. */
  openPlant: (folder: string) => Promise<PreviewPlant>;
  report: (line: string) => void;
  signal: AbortSignal;
}

/**
 * What a change does to disaster recovery: the base is deployed into a local cloud, the files as they are now are
 * previewed on it, and on what they make of it each topology. Nothing outside of this machine is asked for anything.
 * @throws FailoverError when base or head cannot be previewed at all; what can be told is in the report
 */
export async function previewChange(options: PreviewOptions): Promise<PreviewReport> {
  const { project, report } = options;
  const startedAt = performance.now();
  const base = await resolveBase(project, options.base);
  const [paths, head] = await Promise.all([changedPaths(project, base.commit), headOf(project)]);
  report(
    `base ${nameOf(base)} · head ${head} · ${paths.length} ${paths.length === 1 ? "file differs" : "files differ"}`,
  );
  const scratch = await mkdtemp(join(tmpdir(), "failover-preview-"));
  try {
    const found = paths.some((path) => mattersToRecovery(path))
      ? await previewBoth({ ...options, base, paths, scratch })
      : nothingToPreview(paths);
    return { base, head, ...found, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

type Found = Omit<PreviewReport, "base" | "head" | "seconds">;

function nothingToPreview(irrelevant: string[]): Found {
  return {
    engine: null,
    irrelevant,
    normal: { base: normal, head: normal },
    merging: [],
    topologies: [],
    findings: [],
    broken: [],
    notes: [],
  };
}

interface Task extends Omit<PreviewOptions, "base"> {
  base: Commit;
  paths: string[];
  scratch: string;
}

async function previewBoth(task: Task): Promise<Found> {
  const versions = await readVersions(task);
  const plant = await task.openPlant(versions.base.files);
  try {
    const found = await previewOnPlant(plant, versions, task);
    const { broken } = versions;
    const findings = [...versions.findings, ...ttlFindings(found.topologies)];
    const notes = [...versions.notes, ...found.notes];
    return { engine: plant.engine, irrelevant: null, ...found, findings, broken, notes };
  } finally {
    await plant.close();
  }
}

async function readVersions({
  project,
  base,
  paths,
  scratch,
}: Task): Promise<Versions & Pick<PreviewReport, "findings" | "broken" | "notes">> {
  const files = join(scratch, "base");
  await extract(project, base, files);
  await symlink(join(project, "node_modules"), join(files, "node_modules"));
  const where = { base: `base ${nameOf(base)}`, head: "head" };
  const [before, after] = await Promise.all([figuresOf(files, where.base), figuresOf(project, where.head)]);
  const [live, next] = await Promise.all([liveIn(files), liveIn(project)]);
  refuseLiveRemoved(live, after, where.base);
  const promises = {
    base: await promisesOf(files, where.base, scratch),
    head: await promisesOf(project, where.head, scratch),
  };
  const promised = promiseChanges(promises.base, promises.head);
  return {
    base: { figures: before, promises: promises.base, files, where: where.base },
    head: { figures: after, promises: promises.head, files: project, where: where.head },
    // Where both are the same program, the base's switches are those of the head.
    sameProgram: !paths.some((path) => isProgram(path)),
    findings: [
      ...refusedTopology(next),
      ...switchedByMerging(live, next),
      ...restoreFindings(live, next),
      ...promised.findings,
    ],
    broken: promised.broken,
    notes: [...notesOn(live, next, paths), ...promised.notes],
  };
}

function notesOn(live: Live, next: Live, paths: readonly string[]): string[] {
  const notes = [];
  const [now, then] = [topologyOf(live), topologyOf(next)];
  if (now !== "normal" || then !== "normal") {
    notes.push(
      `Pulumi.failover.yaml says ${now} in the base and ${then} in the head; merging was previewed on normal all the same.`,
    );
  }
  if (paths.some((path) => isJudge(path))) {
    notes.push("The guard or the preview itself differs; what is said here is said by those of the head.");
  }
  if (paths.some((path) => path.startsWith("package"))) {
    notes.push("Packages differ; the base ran with those of the head.");
  }
  return notes;
}

function nameOf({ commit, ref }: Commit): string {
  const short = commit.slice(0, 7);
  return commit.startsWith(ref) ? short : `${short} (${ref})`;
}
