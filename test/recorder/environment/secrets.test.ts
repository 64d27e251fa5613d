import { describe, expect, test } from "vitest";
import { maskColumns } from "../../../src/recorder/environment/secret-columns.ts";
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

  test("masks what stands as name and value in other forms, also over lines", () => {
    const forms = [
      "<password>***</password>",
      "<db:password type='x'>***</db:password>",
      '<add key="Password" value="***"/>',
      '{"name": "DB_PASSWORD", "value": "***"}',
      "env:\n  - name: DB_PASSWORD\n    value: ***\n",
      "secret:\n  value: ***\nnext: 1",
      '"secret": {\n  "value": "***"\n}',
      "AccountName=a;AccountKey=***;EndpointSuffix=x",
      "Server=x;Database=y;Password=***",
      'os.environ["DB_PASS"] = "***"',
      'os.environ.setdefault("DB_PASS", "***")',
      "process.env.DB_PASS = '***'",
      "'password' => '***',",
      'password := "***"',
      'var password string = "***"',
      'pwd: str = "***"',
      "Cookie: session=***",
      "curl -s -u joe:*** https://x",
      "sshpass -p *** ssh x",
      "sshpass -p*** ssh x",
      "mysql -u joe -p***",
      "docker login -u joe -p *** host",
      "openssl x -passin pass:***",
      "run --db-password=*** --token ***",
      "RUN DB_PASSWORD=*** make",
    ];
    for (const form of forms) expect(clean(form.replaceAll("***", "abc-123-def456"))).toBe(form);
    for (const form of forms) expect(clean(form)).toBe(form);
    expect(clean('passwd = ("planted"\n          "-py-c6")\nb = 1')).toBe('passwd = ("***")\nb = 1');
    expect(clean('const secret = "planted" +\n  "-js-c6";')).toBe('const secret = "***";');
    expect(clean("db:\n  passphrase: |\n    correct horse\n\n    battery\n  port: 1")).toBe(
      "db:\n  passphrase: |\n    ***\n\n  port: 1",
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
      "token = self.tokens2",
      "max_new_tokens: 16777216",
      "  token: tokens1[0],",
      "PASSWORD_FILE=/run/secrets/password1",
      "auth_type: oauth2-device",
      "headers: { Authorization: `Bearer ${token}` }",
      "pass_rate: 0.98765432",
      "<label>Password</label> <Password>Enter your password</Password>",
      "<password>${DB_PASSWORD}</password>",
      'const password: string = "";',
      "interface Login { password: string; secret: { value: string; other: number } }",
      'type Names = Pick<User, "password" | "username">;',
      'if (typeof secret === "string") return;',
      "docker run --name mysql -p3306:3306 -p 8080:80 mysql:8",
      "mkdir -p build && pytest -p no:cacheprovider",
      "curl -u $USER:$PASSWORD https://x && curl -u <user>:<password> https://x",
      "  --password PASSWORD  the password of the user",
      "  --api-key <key>, --token string",
      'description: |\n  a token of text\nvocab["token"] = "hello_world"',
      "name: learning-rate\nvalue: 0.00012345",
      "key = value; password = prompt(); token=next.value;",
      "max_tokens: |\n  512",
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
      SESSION_COOKIE: "cookie-1",
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
    expect(args("sshpass -p planted-1 /usr/bin/mysql -pplanted-2")).toBe("sshpass -p *** /usr/bin/mysql -p***");
    expect(args("docker login -p planted-3")).toBe("docker login -p ***");
    expect(args("tool -p S3cretWord -pS3cretWord")).toBe("tool -p *** -p***");
    const ports = "docker run -p 3306:3306 -p8080:80 mysql srun -p gpu-a100-80g mkdir -p out/a1B2c3D4 node -p 1+1";
    expect(args(ports.replace(" mysql", ""))).toBe(ports.replace(" mysql", ""));
    const plain = "python -u train.py -u 1000:1000 --max-tokens 512 --eos-token-id 3 --pass-rate 0.9 --token-file /x";
    expect(args(plain)).toBe(plain);
  });

  test("redact() goes through a long line once", () => {
    for (const unit of [
      "a",
      "a.",
      "a-",
      "token",
      " ",
      "\n",
      ":",
      "=",
      "https://",
      '"',
      "curl ",
      "mysql ",
      "<p>",
      "name: ",
      "password=(",
      "password: ",
      "'a' ",
      "--token ",
      ";Pwd=",
      "p: |\n",
      "secret:\n",
      "x = 'a' + ",
    ]) {
      const text = unit.repeat(2 ** 18 / unit.length);

      expect(new Secrets().redact(text)).toEqual({ text, count: 0 });
    }
  });
});

describe("maskColumns()", () => {
  test("masks the cells of columns that are named like secrets, in any table", () => {
    const masked = (text: string, path = "data/users.csv"): string => maskColumns(path, text).text;
    expect(masked("name,password,n\njoe,hunter2,1\n\nann,,2\n")).toBe("name,password,n\njoe,***,1\n\nann,,2\n");
    expect(masked('"Name";"DB Password"\r\n"a; ""b""";"x\ny"\r\nc;z')).toBe(
      '"Name";"DB Password"\r\n"a; ""b""";***\r\nc;***',
    );
    expect(masked("api_key\ta\n123\t4", "a.tsv")).toBe("api_key\ta\n***\t4");
    const plain = "token,label\nhello_world,1\nfoo,2";
    expect(masked(plain)).toBe(plain);
    expect(masked("name,password\nx,y", "notes.txt")).toBe("name,password\nx,y");
    expect(masked("password\n***")).toBe("password\n***");
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
      "secrets/db.txt",
      "infra/terraform.tfvars",
      "prod.env",
      "passwords.csv",
    ];
    expect(secret.filter((path) => !isSecretFile(path))).toEqual([]);
    const plain = [
      ".env.example",
      "env.ts",
      "src/secrets.ts",
      "src/secrets/vault.ts",
      "secrets/db.example",
      "package.json",
      "keys.md",
      "monkey.json",
      "token.ts",
    ];
    expect(plain.filter(isSecretFile)).toEqual([]);
  });
});
