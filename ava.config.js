export default {
  extensions: ["ts"],
  files: ["tests/**/*.test.ts"],
  nodeArguments: ["--disable-warning=ExperimentalWarning"],
  timeout: "10m",
  concurrency: 2,
};
