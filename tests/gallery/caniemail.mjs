// Reads {"name": html, ...} as JSON and prints the pairs "feature | client" that caniemail.com calls unsupported.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';

const require = createRequire(process.argv[2] + '/');
const { caniemail } = await import(pathToFileURL(require.resolve('caniemail')));
const mails = JSON.parse(readFileSync(0, 'utf8'));
const pairs = new Set();
for (const html of Object.values(mails)) {
  const { issues } = caniemail({ clients: ['*'], html });
  for (const [client, found] of issues.errors) {
    for (const issue of found) pairs.add(`${issue.title} | ${client}`);
  }
}
process.stdout.write(JSON.stringify([...pairs].sort()));
