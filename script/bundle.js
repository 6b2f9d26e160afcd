/**
 * Makes the code that ships: of each package, of the programs, the command and the CNI plugin, which are one bundle each, and
 * of what they load to talk to etcd. The sources are some 1,100 modules, and Node takes longer to find and read them one by one than the command
 * takes to do its work.
 *
 * Started by hand it writes both. Jest calls it before the suites that start the command or programs that import the
 * packages, so that no test meets the code of older sources. Both do nothing where it has been done for these sources.
 */
import { realpathSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { stop } from 'esbuild'
import { bundleCni } from './bundle-cni.js'
import { bundleCommand } from './bundle-command.js'
import { bundleEtcd } from './bundle-etcd.js'
import { bundlePackages } from './bundle-packages.js'
import { forgetCompiled } from './bundle-program.js'
import { bundleRecord } from './bundle-record.js'

const root = join(import.meta.dirname, '..')

/** A file is replaced as a whole, and only by a different one: a program that runs meanwhile reads one or the other. */
const put = async (path, contents) => {
  const before = await readFile(path).catch(() => undefined)
  if (before?.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  const whole = `${path}.${process.pid}`
  await writeFile(whole, contents)
  await rename(whole, path)
}

/** Entries come last: the files that they name are there before them. */
const putAll = async (outputFiles) => {
  for (const { path, contents } of [...outputFiles].reverse()) await put(path, Buffer.from(contents))
}

/** Takes away the files of a folder that a bundle of older sources left. */
const keepOnly = async (folder, isOurs, outputFiles) => {
  const kept = new Set(outputFiles.map(({ path }) => relative(folder, path)))
  const entries = await readdir(folder, { recursive: true })
  for (const entry of entries) if (isOurs(entry) && !kept.has(entry)) await rm(join(folder, entry))
}

const bundle = async () => {
  const record = bundleRecord(root)
  const sources = await record.digestSources()
  if (await record.isBundled(sources)) return
  const [packages, command, cni, etcd] = await Promise.all([
    bundlePackages(),
    bundleCommand(),
    bundleCni(),
    bundleEtcd(),
  ])
  // esbuild's own process would live as long as the test run.
  await stop()
  for (const { folder, outputFiles } of packages) {
    await putAll(outputFiles)
    await keepOnly(
      join(root, folder),
      // What is not of a package's entries is of this name's neighbour, or of tests.
      (entry) => entry.endsWith('.js') && !entry.startsWith('bundle/'),
      outputFiles,
    )
  }
  for (const { folder, outputFiles } of [command, cni, etcd]) {
    await putAll(outputFiles)
    await keepOnly(join(root, folder), () => true, outputFiles)
    await forgetCompiled({ folder, outputFiles })
  }
  await record.keep(sources)
}

export default bundle

if (realpathSync(process.argv[1] ?? '') === import.meta.filename) await bundle()
