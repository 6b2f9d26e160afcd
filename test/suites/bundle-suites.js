/**
 * Puts the suites together with all that they import from this tree, in modules that are shared between them. A suite has
 * up to 900 modules: to find, read and link them took longer than most suites do.
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

/** A module that asks where it is hears where its file is, from constants on its first line. */
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

/** A library is imported by its path: it is a dependency of the package that asks for it, not of the suite's. */
const outside = () => {
  const manifests = ['.', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name))]
  const libraries = new Set(manifests.flatMap((folder) => librariesOf(join(root, folder, 'package.json'))))
  // jest's own, and what is mapped to the tree's.
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

/** A suite may import an entry of a package for what it does when it is loaded. */
const asEntries = {
  name: 'as-entries',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\// }, ({ path, kind }) =>
      kind === 'entry-point' ? { path, sideEffects: true } : undefined,
    ),
}

const counting = join(root, 'test/growth/count-work.ts')

/** It tells its own work from that of others by its file, and counts from where it is loaded: each suite loads its own. */
const countingApart = {
  name: 'counting-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/count-work\.ts$/ }, ({ importer }) => ({
      path: `${madeOf(counting)}?${relative(root, importer)}`,
      external: true,
    })),
}

/** V8 counts the work of functions that it compiles while it counts, so these suites share no modules. */
const isCounting = (path) => /from '.*\/count-work\.ts'/.test(readFileSync(path, 'utf8'))

/** The libraries, and the sources as they were when suites were made of them. */
const digestOf = (files) => {
  const hash = createHash('sha256')
  for (const path of [join(root, 'pnpm-lock.yaml'), ...files]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/** Of what suites were made, and which files. */
const recordPlace = join(suitesFolder, 'made.json')

/** A file is replaced as a whole: another run in this folder reads one or the other. */
const put = async ({ path, contents }) => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.${process.pid}`, contents)
  await rename(`${path}.${process.pid}`, path)
}

const readRecord = () => readFile(recordPlace, 'utf8').then(JSON.parse, () => ({ digest: null, paths: [] }))

/** What was made before these sources changed is kept: another run may load it yet. What was made before that goes. */
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
    // An import for what it does would be left out of packages that say they do nothing when loaded.
    logOverride: { 'ignored-bare-import': 'error' },
    ...options,
  })

/** Does nothing where it has been done for these sources. */
export const bundleSuites = async () => {
  const files = ['bench', 'examples', 'packages', 'script', 'test'].flatMap((name) =>
    filesIn(join(root, name)),
  )
  const digest = digestOf(files)
  const before = await readRecord()
  if (before.digest === digest) return
  const suites = files.filter((path) => path.endsWith('.test.ts'))
  const made = await Promise.all([
    // Examples import the packages by their names.
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
  // esbuild's own process would live as long as the run.
  await stop()
  await Promise.all(outputFiles.map(put))
  const paths = outputFiles.map(({ path }) => path)
  await removeOld(new Set([...paths, ...before.paths, recordPlace]))
  await put({ path: recordPlace, contents: JSON.stringify({ digest, paths }) })
}
