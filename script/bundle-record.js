/**
 * Whether the code that ships is as script/bundle.js made it, of sources that are as they were then. A run of all tests
 * bundles the same sources up to five times: `npm test` sets up, jest bundles before its suites, and one starts `npm start`.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The files of a folder and of those in it. */
const filesIn = async (folder) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

const digestOf = async (files) => {
  const hash = createHash('sha256')
  for (const path of files.toSorted()) {
    // What goes meanwhile was of an older bundle.
    hash
      .update(`${path}\0`)
      .update(await readFile(path).catch(() => ''))
      .update('\0')
  }
  return hash.digest('hex')
}

/** Declarations are made by `tsc`, and V8 says itself what it compiled of which text. */
const isBundle = (path) => !/\/dist\/compiled\/|\.d\.ts(\.map)?$|\.tsbuildinfo$/.test(path)

/** @param root - the folder of the workspace */
export const bundleRecord = (root) => {
  const record = join(root, 'dist/bundled')
  const folders = async () =>
    (await readdir(join(root, 'packages'))).map((name) => join(root, 'packages', name))
  const inEach = async (name) =>
    (await Promise.all((await folders()).map((folder) => filesIn(join(folder, name))))).flat()
  const digestMade = async () => digestOf((await inEach('dist')).filter(isBundle))
  return {
    /** What the sources are like now; the libraries are what the lock file says. */
    digestSources: async () =>
      digestOf([
        ...['pnpm-lock.yaml', 'package.json', 'tsconfig.base.json'].map((name) => join(root, name)),
        ...(await filesIn(join(root, 'script'))),
        ...(await folders()).map((folder) => join(folder, 'package.json')),
        ...(await inEach('src')),
      ]),
    /** @param sources - what `digestSources` said before they were bundled */
    keep: async (sources) => {
      await mkdir(dirname(record), { recursive: true })
      await writeFile(`${record}.${process.pid}`, `${sources} ${await digestMade()}`)
      await rename(`${record}.${process.pid}`, record)
    },
    /** @param sources - what `digestSources` says */
    isBundled: async (sources) =>
      (await readFile(record, 'utf8').catch(() => null)) === `${sources} ${await digestMade()}`,
  }
}
