// browser.mjs - what a browser does with cookies and redirects, and no more.
import http from "node:http";

// Pages of @home are served by @server, wherever they say that they are.
export class Browser {
  constructor(home, server, language = "en") {
    Object.assign(this, { home, server, language, cookies: new Map(), set: [] });
  }

  jar(origin) {
    if (!this.cookies.has(origin)) this.cookies.set(origin, new Map());
    return this.cookies.get(origin);
  }

  keep(origin, lines) {
    for (const line of lines ?? []) {
      const [pair] = line.split(";");
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (/max-age=0|1970/i.test(line)) this.jar(origin).delete(name);
      else this.jar(origin).set(name, value);
      if (origin === this.home) this.set.push(line);
    }
  }

  // One request; @url may be a path of ours.
  go(url, { method = "GET", body, headers = {} } = {}) {
    const { origin, pathname, search } = new URL(url, this.home);
    const target = new URL(origin === this.home ? `http://127.0.0.1:${this.server.port}` : origin);
    const cookie = [...this.jar(origin)].map(([name, value]) => `${name}=${value}`).join("; ");
    return new Promise((resolve, reject) => {
      const request = http.request({ host: target.hostname, port: target.port, method, path: pathname + search, agent: false,
        headers: { Host: new URL(origin).host, "Accept-Language": this.language, ...(cookie && { Cookie: cookie }), ...headers } },
      (answer) => {
        let text = "";
        answer.on("data", (chunk) => (text += chunk));
        answer.on("end", () => {
          this.keep(origin, answer.headers["set-cookie"]);
          const next = answer.headers.location && new URL(answer.headers.location, new URL(pathname, origin)).href;
          resolve({ status: answer.statusCode, headers: answer.headers, text, next, url: origin + pathname + search });
        });
      });
      request.on("error", reject);
      request.end(body);
    });
  }

  // Follows redirects until there is none, or until a page of ours that is no API's.
  async follow(url) {
    for (let left = 20; left > 0; left--) {
      const answer = await this.go(url);
      if (!answer.next) return answer;
      url = answer.next;
      if (url.startsWith(this.home) && !url.startsWith(`${this.home}/api/`)) return { ...answer, at: url.slice(this.home.length) };
    }
    throw new Error(`${url}: more than twenty redirects`);
  }
}
