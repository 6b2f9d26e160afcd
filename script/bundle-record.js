/**
 * Records the sources and the files of the last run of script/bundle.js, to skip a run that would change nothing. A run
 * of all tests bundles the same sources up to five times: `npm test` sets up, jest bundles before its suites, and one
 * suite starts `npm start`.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** All files below a folder. */
const filesIn = async (folder) => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

const digestOf = async (files) => {
  const hash = createHash('sha256')
  for (const path of files.toSorted()) {
    // A file that disappears meanwhile belonged to an older bundle.
    hash
      .update(`${path}\0`)
      .update(await readFile(path).catch(() => ''))
      .update('\0')
  }
  return hash.digest('hex')
}

/**
 * `tsc` makes the declarations, and V8's compiled code tells by itself which text it fits. Neither counts as bundled.
 */
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
    /** A digest of all sources. The lock file stands for the libraries. */
    digestSources: async () =>
      digestOf([
        ...['pnpm-lock.yaml', 'package.json', 'tsconfig.base.json'].map((name) => join(root, name)),
        ...(await filesIn(join(root, 'script'))),
        ...(await folders()).map((folder) => join(folder, 'package.json')),
        ...(await inEach('src')),
      ]),
    /** @param sources - the digest of `digestSources` from before the bundling */
    keep: async (sources) => {
      await mkdir(dirname(record), { recursive: true })
      await writeFile(`${record}.${process.pid}`, `${sources} ${await digestMade()}`)
      await rename(`${record}.${process.pid}`, record)
    },
    /** @param sources - the digest of `digestSources` */
    isBundled: async (sources) =>
      (await readFile(record, 'utf8').catch(() => null)) === `${sources} ${await digestMade()}`,
  }
}
