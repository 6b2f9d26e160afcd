/**
 * Bundles the code that ships: the packages, the two programs (the command and the CNI plugins), and the client of
 * etcd. The sources are some 1,100 modules, and Node takes longer to find and read them one by one than the command
 * takes to do its work.
 *
 * Started by hand this writes all of them. Jest calls it before the suites that start a program or import a package, so
 * that no test runs the code of older sources. It does nothing where the bundles fit the sources already.
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

/**
 * Writes a file only where it differs, and by a rename. A program that runs meanwhile reads the old file or the new
 * one.
 */
const put = async (path, contents) => {
  const before = await readFile(path).catch(() => undefined)
  if (before?.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  const whole = `${path}.${process.pid}`
  await writeFile(whole, contents)
  await rename(whole, path)
}

/** Writes the files in reverse order: an entry comes after the files that it names. */
const putAll = async (outputFiles) => {
  for (const { path, contents } of [...outputFiles].reverse()) await put(path, Buffer.from(contents))
}

/** Deletes the files of a folder that a bundle of older sources has left. */
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
  // esbuild's child process would otherwise live as long as the test run.
  await stop()
  for (const { folder, outputFiles } of packages) {
    await putAll(outputFiles)
    await keepOnly(
      join(root, folder),
      // Other JavaScript files of the folder are the bundle beside it, or belong to tests.
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
