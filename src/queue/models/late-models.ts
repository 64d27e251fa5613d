/**
 * What delivers logged models, loaded with the first of them. It has no module in common with the first load but what the
 * sender has as well, so that it moves nothing there into chunks of its own.
 */
export { connect } from "../drain/loaded-late.ts";
export { createModel } from "./create-model.ts";
export { checkModel, modelTwins, readBackModel } from "./mend-model.ts";
export { readModel } from "./read-model.ts";
export { sendToModel } from "./send-to-model.ts";
