// real_provider.mjs - the npm library oidc-provider, with people who sign in without a form.
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const resolve = createRequire(new URL("../../clients/package.json", import.meta.url)).resolve;

// @people: {id: claims}. provider.who is the next one; undefined: breaks off.
export async function realProvider(client, people) {
  const { default: Provider } = await import(pathToFileURL(resolve("oidc-provider")).href);
  const real = { who: undefined };
  real.server = http.createServer((request, answer) => real.serve(request, answer));
  await once(real.server.listen(0, "127.0.0.1"), "listening");
  real.issuer = `http://127.0.0.1:${real.server.address().port}`;
  const provider = new Provider(real.issuer, {
    clients: [client],
    scopes: ["openid", "profile", "email", "groups"],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"], groups: ["groups"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    cookies: { keys: ["a key of the tests"] },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    // Nobody is asked what the client may see.
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope("openid profile email groups");
      await grant.save();
      return grant;
    },
  });
  const others = provider.callback();
  real.serve = (request, answer) => {
    if (!request.url.startsWith("/interaction/")) return void others(request, answer);
    const result = real.who === undefined
      ? { error: "access_denied", error_description: "the person broke it off" }
      : { login: { accountId: real.who } };
    return void provider.interactionFinished(request, answer, result, { mergeWithLastSubmission: false });
  };
  real.stop = async () => {
    real.server.closeAllConnections();
    await new Promise((done) => real.server.close(done));
  };
  return real;
}
