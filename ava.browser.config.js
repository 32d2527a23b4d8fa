/** `npm run test:browser`: these need a Chromium, which `npm test` does not. */
export default {
  extensions: ["ts"],
  files: ["tests/browser/*.browser.ts"],
  nodeArguments: ["--disable-warning=ExperimentalWarning"],
  timeout: "5m",
  concurrency: 1,
};
