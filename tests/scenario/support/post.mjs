// post.mjs - a mail server that keeps what it gets, or says no.
import net from "node:net";

export class Post {
  mails = [];
  refuses = false;

  static async open() {
    const post = new Post();
    post.server = net.createServer((socket) => post.#talk(socket));
    await new Promise((resolve) => post.server.listen(0, "127.0.0.1", resolve));
    post.port = post.server.address().port;
    return post;
  }

  close() {
    this.server.close();
  }

  #talk(socket) {
    let mail = null, rest = "", credentials = "", asks = false;
    socket.on("error", () => {});
    socket.write("220 post ESMTP\r\n");
    socket.on("data", (part) => {
      rest += part;
      for (let end = rest.indexOf("\r\n"); end >= 0; end = rest.indexOf("\r\n")) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (mail?.text !== undefined) {
          if (line !== ".") {
            mail.text += `${line}\r\n`;
            continue;
          }
          this.mails.push(mail);
          mail = null;
          socket.write("250 taken\r\n");
        } else if (asks) {
          credentials = Buffer.from(line, "base64").toString();
          asks = false;
          socket.write("235 good\r\n");
        } else if (/^EHLO/.test(line)) socket.write("250-post\r\n250 AUTH PLAIN\r\n");
        else if (line === "AUTH PLAIN") {
          asks = true;
          socket.write("334 \r\n");
        } else if (/^MAIL FROM/.test(line)) {
          mail = { from: line, to: [], credentials };
          socket.write(this.refuses ? "550 not today\r\n" : "250 good\r\n");
        } else if (/^RCPT TO/.test(line)) {
          mail.to.push(line);
          socket.write("250 good\r\n");
        } else if (line === "DATA") {
          mail.text = "";
          socket.write("354 go on\r\n");
        } else if (line === "QUIT") socket.end("221 bye\r\n");
        else socket.write("250 good\r\n");
      }
    });
  }
}
