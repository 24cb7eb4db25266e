// odd_provider.mjs - a provider of OpenID Connect that answers as it is told, also wrongly.
import crypto from "node:crypto";
import { once } from "node:events";
import http from "node:http";

const part = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export function keyPair(kid) {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" } };
}

// header.claims.signature; @sign gets the first two.
export function token(header, claims, sign) {
  const said = `${part(header)}.${part(claims)}`;
  return `${said}.${sign(said).toString("base64url")}`;
}

export const rs256 = (key) => (said) => crypto.sign("sha256", Buffer.from(said), key.privateKey);

export class OddProvider {
  static async start() {
    const p = new OddProvider();
    p.key = keyPair("one");
    p.keys = [p.key.jwk];
    p.asked = []; // METHOD /path of every call
    p.server = http.createServer((request, answer) => void p.serve(request, answer));
    await once(p.server.listen(0, "127.0.0.1"), "listening");
    p.issuer = `http://127.0.0.1:${p.server.address().port}`;
    p.reset();
    return p;
  }

  // Well-behaved again.
  reset() {
    this.metadata = {};
    this.header = { alg: "RS256", typ: "JWT", kid: this.key.kid };
    this.claims = {};
    this.sign = rs256(this.key);
    this.answerToken = undefined;
  }

  idToken(nonce) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.issuer, sub: "odd-1", aud: "baton", iat: now, exp: now + 300, nonce,
      name: "Ada", preferred_username: "ada", groups: ["leads"], ...this.claims };
    return token(this.header, claims, this.sign);
  }

  async serve(request, answer) {
    const url = new URL(request.url, this.issuer);
    let body = "";
    for await (const chunk of request) body += chunk;
    this.asked.push(`${request.method} ${url.pathname}`);
    const say = (status, value) => answer.writeHead(status, { "Content-Type": "application/json" })
      .end(typeof value === "string" ? value : JSON.stringify(value));
    if (url.pathname === "/.well-known/openid-configuration") {
      return say(200, { issuer: this.issuer, authorization_endpoint: `${this.issuer}/auth`,
        token_endpoint: `${this.issuer}/token`, jwks_uri: `${this.issuer}/keys`, ...this.metadata });
    }
    if (url.pathname === "/keys") return say(200, { keys: this.keys });
    if (url.pathname !== "/token") return say(404, {});
    this.form = new URLSearchParams(body);
    this.authorization = request.headers.authorization;
    if (this.answerToken) return this.answerToken(say, answer);
    return say(200, { access_token: "an access token", token_type: "Bearer", id_token: this.idToken(this.nonce) });
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
