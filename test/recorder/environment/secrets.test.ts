import { describe, expect, test } from "vitest";
import { isSecretFile } from "../../../src/recorder/environment/secret-files.ts";
import { Secrets } from "../../../src/recorder/environment/secrets.ts";

const clean = (text: string): string => new Secrets().redact(text).text;

describe("Secrets.redact()", () => {
  test("masks what looks like a secret, and leaves the text around it", () => {
    expect(clean('{"password": "hunter2!", "user": "ann"}')).toBe('{"password": "***", "user": "ann"}');
    expect(clean("const apiKey = 'abcdefgh';")).toBe("const apiKey = '***';");
    expect(clean("git+https://tok123@host/x and https://u:p@host")).toBe("git+https://***@host/x and https://***@host");
    expect(clean("authorization: Bearer abc123def456")).toBe("authorization: Bearer ***");
    expect(clean("https://host/x?sig=abc&n=1")).toBe("https://host/x?sig=***&n=1");
    expect(clean("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nafter")).toBe("***\nafter");
    expect(clean("//host/:_authToken=abcdef1234\nregistry=https://host/")).toBe(
      "//host/:_authToken=***\nregistry=https://host/",
    );
  });

  test("leaves code and configuration that only sounds like one", () => {
    const plain = [
      'const token = tokenizer.next("pad_token");',
      '"pad_token": "<|endoftext|>", "eos_token_id": 50256',
      "const password = process.env.DB_PASSWORD;",
      'password: "${DB_PASSWORD}"',
      "git@github.com:team/walk.git",
      "ssh://git@host/team/walk.git",
      '"integrity": "sha512-9UJvb1cNJLZ1vFR1yYzLbLL0oEyRqrTJ8zj3F5eHtgW1kz1h3lJ=="',
      "type=\"password\" name='secret-field'",
    ];
    for (const text of plain) expect(clean(text)).toBe(text);
  });

  test("masks twice what it masks once", () => {
    const texts = ["api_key='abc12345'", "https://u:p@host/?token=abc", "Bearer abcdefgh12", "TOKEN=abcdefg12345"];
    for (const text of texts) expect(new Secrets().redact(clean(text))).toEqual({ text: clean(text), count: 0 });
  });

  test("masks values of variables that are named like secrets, wherever they stand", () => {
    const secrets = new Secrets({ HF_TOKEN: "abc-def", PORT: "8080", DATABASE_URL: "postgres://u:p%40ss-word@db/x" });
    expect(secrets.redact("x=abc-def y=p@ss-word z=p%40ss-word port 8080").text).toBe("x=*** y=*** z=*** port 8080");
  });
});

describe("isSecretFile()", () => {
  test("knows files whose place is to hold secrets, and no others", () => {
    const secret = [
      ".env",
      "app/.env.local",
      ".npmrc",
      "id_ed25519",
      "certs/host.pem",
      "service-account.json",
      ".aws/x",
    ];
    expect(secret.filter((path) => !isSecretFile(path))).toEqual([]);
    const plain = [".env.example", "env.ts", "src/secrets.ts", "package.json", "keys.md", "monkey.json", "token.ts"];
    expect(plain.filter(isSecretFile)).toEqual([]);
  });
});
