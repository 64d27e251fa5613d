/** Made by `bundle.ts`: every test file by its path, loaded when it is asked for. */
declare module "virtual:test-files" {
  const files: Readonly<Record<string, () => Promise<unknown>>>;
  export default files;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
