/**
 * Sends a large body. Node keeps all of a body that it may have to send again after a redirect: so none is followed at
 * first.
 */
export async function sendUncopied(send: (more: RequestInit) => Promise<Response>): Promise<Response> {
  try {
    return await send({ redirect: "error" });
  } catch (error) {
    const { cause } = error as { readonly cause?: unknown };
    if (!/redirect/i.test(`${String(error)} ${String(cause)}`)) throw error;
    return await send({});
  }
}
