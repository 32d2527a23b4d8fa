// Loaded before a verb: what keeps the verb's own modules from being loaded, such as a syntax error in infra/, is told
// as any other error is. From then on that is border's business, which listens, too.
process.on("uncaughtException", (error) => {
  if (process.listenerCount("uncaughtException") > 1) return;
  const [place = ""] = /file:\/\/\S+/.exec(error?.stack ?? "") ?? [];
  const lines = String(error?.stack ?? error).split("\n");
  const [, missing] = /Cannot find package '([^']+)'/.exec(error?.message ?? "") ?? [];
  if (missing !== undefined) {
    console.error(`\nTOOL_MISSING\n  the npm package ${missing} is not in node_modules.\n  Next: npm ci`);
    process.exit(3);
  }
  const own = error?.name === "FailoverError" ? error.message : undefined;
  const said = lines.find((line) => /^\w*Error\b/.test(line)) ?? lines[0];
  const told = [
    "PROGRAM_FAILED",
    `  our own code cannot be loaded: ${said}`,
    ...(place === "" ? [] : [`  In: ${place.replace("file://", "").replace(/[):,]+$/, "")}`]),
    "  Next: git diff, correct it, then: npm run check",
  ];
  console.error(`\n${own ?? told.join("\n")}`);
  process.exit(own === undefined ? 2 : error.exitCode);
});
