/** Made by `bundle.ts`: every test file by its path, loaded when it is asked for. */
declare module "virtual:test-files" {
  const files: Readonly<Record<string, () => Promise<unknown>>>;
  export default files;
}

/** Made by `bundle.ts`: scenarios, recordings and allowed differences of `test/golden`, as texts by path. */
declare module "virtual:golden" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
