/**
 * Bundles the suites with all modules that they import from this tree, into modules that suites share. A suite has up
 * to 900 modules, and finding, reading and linking them took longer than most suites run.
 *
 * Libraries stay outside.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'
import { packageEntries } from '../../script/package-entries.js'
import { madeOf, root, suitesFolder } from './suites-folder.js'

const filesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return ['node_modules', 'dist'].includes(entry.name) ? [] : filesIn(path)
    return /\.(ts|js|json)$/.test(entry.name) ? [path] : []
  })

const oneOf = (words) =>
  new RegExp(`^(${words.map((word) => word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&')).join('|')})$`)

const places = ['dirname', 'filename', 'url']

/** Modules that ask for their own path get it from constants on their first line. */
const located = (files) => {
  const texts = new Map(
    files
      .map((path) => [path, readFileSync(path, 'utf8')])
      .filter(([, text]) => text.includes('import.meta.')),
  )
  return {
    name: 'located',
    setup: ({ onLoad }) =>
      onLoad({ filter: oneOf([...texts.keys()]) }, ({ path }) => {
        const place = { dirname: dirname(path), filename: path, url: pathToFileURL(path).href }
        const told = places.map((name) => `const suite_${name} = ${JSON.stringify(place[name])};`)
        return { contents: told.join(' ') + texts.get(path), loader: path.endsWith('.ts') ? 'ts' : 'js' }
      }),
  }
}

const librariesOf = (manifest) => {
  const {
    dependencies = {},
    devDependencies = {},
    peerDependencies = {},
  } = JSON.parse(readFileSync(manifest, 'utf8'))
  return Object.keys({ ...dependencies, ...devDependencies, ...peerDependencies })
}

/** A library is imported by its path, because it is a dependency of the importing package, and not of the suite's. */
const outside = () => {
  const manifests = ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))]
  const libraries = new Set(manifests.flatMap((folder) => librariesOf(join(root, folder, 'package.json'))))
  // These are not resolved as libraries: the tree has its own modules for them.
  for (const name of ['@jest/globals', 'fast-check']) libraries.delete(name)
  const found = new Map()
  return {
    name: 'outside',
    setup: ({ onResolve, resolve }) =>
      onResolve({ filter: /^[@a-z]/ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
        const [, name] = /^(@[^/]+\/[^/]+|[^/]+)/.exec(path) ?? []
        if (pluginData === outside || !libraries.has(name)) return undefined
        const key = `${path} ${relative(root, resolveDir).split('/', 2).join('/')}`
        if (!found.has(key))
          found.set(key, resolve(path, { importer, resolveDir, kind, pluginData: outside }))
        const { errors, path: file } = await found.get(key)
        return file.includes('/node_modules/') ? { path: file, external: true } : { path: file, errors }
      }),
  }
}

/** Marks entry points as having side effects, because a suite may import one only for these. */
const asEntries = {
  name: 'as-entries',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\// }, ({ path, kind }) =>
      kind === 'entry-point' ? { path, sideEffects: true } : undefined,
    ),
}

const counting = join(root, 'test/growth/count-work.ts')

/**
 * Each suite loads its own copy of count-work.ts. The copy counts from its loading on, and leaves out its own work by
 * its file name.
 */
const countingApart = {
  name: 'counting-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/count-work\.ts$/ }, ({ importer }) => ({
      path: `${madeOf(counting)}?${relative(root, importer)}`,
      external: true,
    })),
}

/** True: a counting suite. It shares no modules, because V8 counts only functions that are compiled while it counts. */
const isCounting = (path) => /from '.*\/count-work\.ts'/.test(readFileSync(path, 'utf8'))

/** A digest of the lock file, which stands for the libraries, and of the sources. */
const digestOf = (files) => {
  const hash = createHash('sha256')
  for (const path of [join(root, 'pnpm-lock.yaml'), ...files]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/** The record of the sources' digest and of the bundled files. */
const recordPlace = join(suitesFolder, 'made.json')

/** Replaces a file by a rename. Another run in this folder reads the old file or the new one. */
const put = async ({ path, contents }) => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.${process.pid}`, contents)
  await rename(`${path}.${process.pid}`, path)
}

const readRecord = () => readFile(recordPlace, 'utf8').then(JSON.parse, () => ({ digest: null, paths: [] }))

/** Removes old modules. Those of the last bundling stay, because another run may still load them. */
const removeOld = async (kept) => {
  for (const entry of await readdir(suitesFolder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !kept.has(path)) await rm(path, { force: true })
  }
}

const bundle = (options) =>
  build({
    outbase: root,
    outdir: suitesFolder,
    write: false,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    tsconfig: join(root, 'tsconfig.base.json'),
    sourcemap: 'linked',
    sourcesContent: false,
    alias: {
      ...Object.fromEntries(packageEntries.map(({ specifier, source }) => [specifier, join(root, source)])),
      // Properties draw from the seed of the run.
      'fast-check': join(root, 'test/fast-check.js'),
      '@jest/globals': join(root, 'test/suites/jest-globals.js'),
    },
    define: Object.fromEntries(places.map((name) => [`import.meta.${name}`, `suite_${name}`])),
    logLevel: 'warning',
    // An import without names would be dropped when the package claims to have no side effects. So it is an error.
    logOverride: { 'ignored-bare-import': 'error' },
    ...options,
  })

/** Bundles the suites. It does nothing where the bundles fit the sources already. */
export const bundleSuites = async () => {
  const files = ['bench', 'examples', 'packages', 'script', 'test'].flatMap((name) =>
    filesIn(join(root, name)),
  )
  const digest = digestOf(files)
  const before = await readRecord()
  if (before.digest === digest) return
  const suites = files.filter((path) => path.endsWith('.test.ts'))
  const made = await Promise.all([
    // Examples import the packages by name.
    bundle({
      entryPoints: [
        ...suites.filter((path) => !isCounting(path)),
        ...packageEntries.map(({ source }) => join(root, source)),
        counting,
      ],
      splitting: true,
      plugins: [asEntries, outside(), located(files)],
    }),
    bundle({
      entryPoints: suites.filter(isCounting),
      plugins: [countingApart, outside(), located(files)],
    }),
  ])
  const outputFiles = made.flatMap((one) => one.outputFiles)
  // esbuild's child process would otherwise live as long as the run.
  await stop()
  await Promise.all(outputFiles.map(put))
  const paths = outputFiles.map(({ path }) => path)
  await removeOld(new Set([...paths, ...before.paths, recordPlace]))
  await put({ path: recordPlace, contents: JSON.stringify({ digest, paths }) })
}
