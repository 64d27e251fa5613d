/**
 * Stands for `@sqlite.org/sqlite-wasm` in the bundle: workerd compiles no WebAssembly at run time, so the module is
 * compiled with the bundle and handed over here, as an application for Workers does it. (From this file the name leads to the package itself.)
 */
import init from "@sqlite.org/sqlite-wasm";
import module from "./sqlite3.wasm";

/** As the default export of the package. */
export default function sqlite3InitModule(options: object = {}): Promise<unknown> {
  const instantiateWasm = (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
  ): object => {
    done(new WebAssembly.Instance(module, imports), module);
    return {};
  };
  // Undocumented in its types, but passed on to Emscripten.
  return (init as (all: object) => Promise<unknown>)({ instantiateWasm, ...options });
}
