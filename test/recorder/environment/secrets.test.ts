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

  test("masks fields of configuration in each of its forms", () => {
    const forms = [
      "password: ***",
      "  - api_key: ***",
      "+db.password = ***",
      "API_KEY = ***",
      "X-Api-Key: ***",
      "ENV NPM_AUTH ***",
      "ARG GITHUB_TOKEN ***",
      "RUN A=1 NPM_TOKEN=*** npm ci",
      "api_key: ***  # why",
      "DB_PASS=***",
      "SECRET_KEY_BASE=***\r",
    ];
    for (const form of forms) expect(clean(form.replace("***", "abc-123-def456"))).toBe(form);
    for (const form of ["ENV NPM_AUTH ***", "DB_PASSWORD=***", '{"token":"***"}', "Authorization: Bearer ***"]) {
      expect(clean(form.replace("***", "abcdefgh"))).toBe(form);
    }
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
      "token = self.tokens2",
      "max_new_tokens: 16777216",
      "  token: tokens1[0],",
      "PASSWORD_FILE=/run/secrets/password1",
      "auth_type: oauth2-device",
      "headers: { Authorization: `Bearer ${token}` }",
      "pass_rate: 0.98765432",
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

describe("Secrets", () => {
  test("knows values of variables whatever they look like, also as bytes", () => {
    const named = {
      DB_PASS: "12345678",
      DENO_AUTH_TOKENS: "tok-1@host",
      API_KEYS: "key-1;key-2",
      OPENAI_API_KEY_2: "key-no-2",
      GITHUB_TOKEN_OLD: "old-tok-1",
      SECRET_KEY_BASE: "~base-1",
      GOOGLE_APPLICATION_CREDENTIALS_JSON: '{"type":"x"}',
      AWS_SECRET_ACCESS_KEY: "/wJalrXUtnFEMI",
      SMTP_PASS: "grüße-an-alle",
    };
    const secrets = new Secrets(named);
    for (const value of Object.values(named)) expect(secrets.redact(`a ${value} b`).text).toBe("a *** b");
    const bytes = String.fromCharCode(...new TextEncoder().encode(named.SMTP_PASS));
    expect(secrets.redact(`a ${bytes} b`).text).toBe("a *** b");
    const plain = { MAX_TOKENS: "16777216", PASS_RATE: "0.98765", TOKENIZERS_PARALLELISM: "enabled-1" };
    expect(new Secrets(plain).redact(Object.values(plain).join(" ")).count).toBe(0);
  });

  test("redactCommand() masks what options name, and passwords of users", () => {
    const args = (line: string): string => new Secrets().redactCommand(line.split(" ")).join(" ");
    expect(args("x --db-pass hunter --auth-tokens=a@b -u ann:pw --user=ann:pw -uann:pw")).toBe(
      "x --db-pass *** --auth-tokens=*** -u ann:*** --user=ann:*** -uann:***",
    );
    const plain = "python -u train.py -u 1000:1000 --max-tokens 512 --eos-token-id 3 --pass-rate 0.9 --token-file /x";
    expect(args(plain)).toBe(plain);
  });

  test("redact() goes through a long line once", () => {
    for (const unit of ["a", "a.", "a-", "token", " ", "\n", ":", "=", "https://", '"']) {
      const text = unit.repeat(2 ** 18 / unit.length);
      expect(new Secrets().redact(text)).toEqual({ text, count: 0 });
    }
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
