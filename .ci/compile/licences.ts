/** What is owed to those whose work is inside the program. */

interface Package {
  readonly name: string;
  readonly localPath: string;
}

/** The licences of the program, its packages and its runtime, each under its name. */
export async function licences(root: URL): Promise<string> {
  const parts = [["spice-appliance", Deno.readTextFileSync(new URL("LICENSE", root))]];
  for (const { name, localPath } of await packages(root)) {
    parts.push([name, licenceIn(localPath) ?? declaredIn(localPath)]);
  }
  parts.push(["Deno", DENO]);
  return parts.map(([name, text]) => `== ${name} ==\n\n${text.trim()}\n`).join("\n");
}

/** Those of the program and those of its pages. */
async function packages(root: URL): Promise<Package[]> {
  const found = new Map<string, Package>();
  for (const entry of ["main.ts", "web/console/console.ts"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: root,
    }).output();
    const { npmPackages } = JSON.parse(new TextDecoder().decode(stdout)) as {
      npmPackages: Record<string, Package>;
    };
    for (const one of Object.values(npmPackages)) found.set(one.localPath, one);
  }
  return [...found.values()].sort((a, b) => a.name < b.name ? -1 : 1);
}

function licenceIn(folder: string): string | null {
  for (const { name } of Deno.readDirSync(folder)) {
    if (/^(licen[cs]e|copying)/i.test(name)) return Deno.readTextFileSync(`${folder}/${name}`);
  }
  return null;
}

function declaredIn(folder: string): string {
  const { license, homepage, repository } = JSON.parse(
    Deno.readTextFileSync(`${folder}/package.json`),
  );
  return `${license}, as its package says; ${homepage ?? repository?.url ?? repository ?? ""}`;
}

const DENO = `Copyright 2018-2026 the Deno authors

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.

V8, ICU, SQLite and the libraries in Deno have licences of their own; they are
listed at https://github.com/denoland/deno.`;
