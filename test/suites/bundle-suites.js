/**
 * Puts the suites together with all that they import from this tree, in modules that are shared between them. jest
 * finds, reads and links modules one by one, and a suite has up to 900 of them: that took longer than most suites do.
 *
 * Libraries stay outside, and so does what is imported by a computed name: jest loads these from where they are.
 */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, stop } from 'esbuild'
import { packageEntries } from '../../script/package-entries.js'
import { bundledSuites } from './bundled-suite.js'

const root = join(import.meta.dirname, '../..')

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

/** What tells its own work from that of others by its file. */
const apart = {
  name: 'apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/count-work\.ts$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path),
      external: true,
    })),
}

/** The libraries, and the sources as they were when suites were made of them. */
const digestOf = (files) => {
  const hash = createHash('sha256')
  for (const path of [join(root, 'pnpm-lock.yaml'), ...files]) {
    hash.update(`${path}\0`).update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}

/** Of what suites were made, and which files. */
const recordPlace = join(bundledSuites, 'made.json')

/** A file is replaced as a whole: another run in this folder reads one or the other. */
const put = async ({ path, contents }) => {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.${process.pid}`, contents)
  await rename(`${path}.${process.pid}`, path)
}

const readRecord = () => readFile(recordPlace, 'utf8').then(JSON.parse, () => ({ digest: null, paths: [] }))

/** What was made before these sources changed is kept: another run may load it yet. What was made before that goes. */
const removeOld = async (kept) => {
  for (const entry of await readdir(bundledSuites, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && !kept.has(path)) await rm(path, { force: true })
  }
}

/** Does nothing where it has been done for these sources. */
export const bundleSuites = async () => {
  const files = ['bench', 'examples', 'packages', 'script', 'test'].flatMap((name) =>
    filesIn(join(root, name)),
  )
  const digest = digestOf(files)
  const before = await readRecord()
  if (before.digest === digest) return
  const { outputFiles } = await build({
    entryPoints: files.filter((path) => path.endsWith('.test.ts')),
    outbase: root,
    outdir: bundledSuites,
    write: false,
    bundle: true,
    splitting: true,
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
    },
    define: Object.fromEntries(places.map((name) => [`import.meta.${name}`, `suite_${name}`])),
    external: ['@jest/globals'],
    plugins: [apart, outside(), located(files)],
    logLevel: 'warning',
    // An import for what it does would be left out of packages that say they do nothing when loaded.
    logOverride: { 'ignored-bare-import': 'error' },
  })
  // esbuild's own process would live as long as the run.
  await stop()
  await Promise.all(outputFiles.map(put))
  const paths = outputFiles.map(({ path }) => path)
  await removeOld(new Set([...paths, ...before.paths, recordPlace]))
  await put({ path: recordPlace, contents: JSON.stringify({ digest, paths }) })
}
